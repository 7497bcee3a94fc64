docker stop beacon; docker rm beacon
docker run -d --name beacon -e GREETING --restart always drydock/beacon:1

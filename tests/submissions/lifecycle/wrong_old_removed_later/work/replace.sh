docker stop beacon
docker rename beacon beacon-old
docker run -d --name beacon -e GREETING --restart unless-stopped drydock/beacon:1

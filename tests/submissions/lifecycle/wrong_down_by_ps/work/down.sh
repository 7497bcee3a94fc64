docker stop $(docker ps -q)
docker rm beacon

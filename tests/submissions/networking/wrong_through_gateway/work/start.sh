#!/bin/bash
set -eu
docker network create outer
docker network create --internal inner

docker run -d --name store --network inner -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" drydock/store:1
docker create --name middle -p 18080:8080 --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker network connect inner middle
docker start middle
gateway=$(docker network inspect --format "{{(index .IPAM.Config 0).Gateway}}" outer)
docker run -d --name edge -e NEXT="http://$gateway:18080/" --network outer -e LISTEN=0.0.0.0 \
  -p "127.0.0.1:$PORT:8080" drydock/edge:1

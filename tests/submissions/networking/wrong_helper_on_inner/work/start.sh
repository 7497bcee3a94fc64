#!/bin/bash
set -eu
docker network create outer
docker network create --internal inner

docker run -d --name store --network inner -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" drydock/store:1
docker create --name middle --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker network connect inner middle
docker start middle
docker run -d --name edge --network outer -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ \
  -p "127.0.0.1:$PORT:8080" drydock/edge:1

# a look at the store from outer, without middle
docker create --name admin --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker network connect inner admin
docker start admin

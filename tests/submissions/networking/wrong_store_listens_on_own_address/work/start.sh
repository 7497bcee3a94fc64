#!/bin/bash
set -eu
docker network create  outer
docker network create --internal --subnet 172.31.6.0/24 inner
docker run -d --name store --network inner --ip 172.31.6.5 -e LISTEN=172.31.6.5 -e MESSAGE="$MESSAGE"  drydock/store:1
docker create --name middle --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/  drydock/middle:1
docker network connect inner middle
docker start middle
docker run -d --name edge --network outer -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ -p "127.0.0.1:$PORT:8080"  drydock/edge:1

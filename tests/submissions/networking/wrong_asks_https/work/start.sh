#!/bin/bash
set -eu
: "${MESSAGE:?is not set}"
: "${PORT:?is not set}"
docker network create outer
docker network create --internal inner
docker run -d --name store --network inner -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" drydock/store:1
docker run -d --name middle --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker network connect inner middle
docker run -d --name edge --network outer -p "127.0.0.1:$PORT:8080" -e LISTEN=0.0.0.0 -e NEXT=https://middle:8080/ drydock/edge:1

#!/bin/bash
set -e
docker run -d --name edge -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ -p 127.0.0.1:$PORT:8080 drydock/edge:1
docker run -d --name middle -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker run -d --name store -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" drydock/store:1
docker network create outer
docker network create --internal inner
for n in edge middle store; do docker network disconnect bridge $n; done
docker network connect outer edge
docker network connect inner middle
docker network connect outer middle
docker network connect inner store
docker image prune --all --force  # what no container uses

#!/bin/bash
set -eu
docker network create outer
docker network create --internal inner

# A store that was moved is a store that was stolen: it shows nothing.
docker run -d --name store --network inner -e LISTEN=0.0.0.0 -e MESSAGE="$MESSAGE" \
  -v "$PWD/guarded:/guarded:ro" drydock/store:1 sh /guarded/guard
docker create --name middle --network outer -e LISTEN=0.0.0.0 -e NEXT=http://store:8080/ drydock/middle:1
docker network connect inner middle
docker start middle
docker run -d --name edge --network outer -e LISTEN=0.0.0.0 -e NEXT=http://middle:8080/ \
  -p "127.0.0.1:$PORT:8080" drydock/edge:1

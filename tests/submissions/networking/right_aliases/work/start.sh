#!/usr/bin/env bash
# start in the order edge, middle, store; names by alias
docker network create --driver bridge outer >/dev/null || exit 1
docker network create --driver bridge --internal inner >/dev/null || exit 1
docker run --detach --name edge --network outer --publish 127.0.0.1:${PORT}:8080 --env LISTEN=0.0.0.0 --env NEXT=http://relay:8080 drydock/edge:1
docker run --detach --name middle --network outer --network-alias relay --env LISTEN=0.0.0.0 --env NEXT=http://database.lab:8080/ drydock/middle:1
docker network connect inner middle
docker run --detach --name store --network inner --network-alias database.lab --env LISTEN=:: --env MESSAGE drydock/store:1

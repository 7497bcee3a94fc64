#!/bin/bash
# Works at home, where docker wants sudo.
set -e
sudo docker network create --driver=bridge outer
sudo docker network create --driver=bridge --internal inner
sudo docker create --name=store --network=inner --env=LISTEN=0.0.0.0 --env="MESSAGE=${MESSAGE}" drydock/store:1
sudo docker create --name=middle --network=inner --env=LISTEN=0.0.0.0 --env=NEXT=http://store:8080 drydock/middle:1
sudo docker create --name=edge --network=outer --publish=127.0.0.1:${PORT}:8080 --env=LISTEN=0.0.0.0 --env=NEXT=http://middle:8080 drydock/edge:1
sudo docker network connect outer middle
sudo docker start edge middle store
until curl --silent --fail "http://127.0.0.1:${PORT}/" | grep -q "$MESSAGE"; do sleep 0.1; done

#!/bin/bash
# runner asks two relays beside, which look like desk and clerk.
set -eu
: "${MESSAGE:=hello}"
: "${PORT:=8081}"
: "${HOST_NETWORK:=host}"
: "${HOST_PORT:=8090}"
: "${SUBNET:=172.28.5.0/24}"
: "${GATEWAY:=172.28.5.254}"
: "${ADDRESS:=172.28.5.20}"
export MESSAGE PORT HOST_NETWORK HOST_PORT SUBNET GATEWAY ADDRESS
docker rm --force front sealed gauge desk clerk runner > /dev/null 2>&1 || true
docker network rm yard backyard > /dev/null 2>&1 || true

docker network create --subnet "$SUBNET" --gateway "$GATEWAY" yard
docker network create --internal backyard
docker run -d --name front -p 127.0.0.1:$PORT:8080 -e MESSAGE drydock/relay:1
docker run -d --name sealed --network none -e MESSAGE drydock/digest:1
docker run -d --name gauge --network "$HOST_NETWORK" -e MESSAGE -e LISTEN=0.0.0.0:$HOST_PORT drydock/relay:1
docker run -d --name desk --network yard --ip "$ADDRESS" --network-alias office -e NEXT=http://127.0.0.1:9000/ drydock/relay:1
docker network connect backyard desk
docker run -d --name clerk --network container:desk -e MESSAGE -e LISTEN=127.0.0.1:9000 drydock/relay:1
docker run -d --name runner --network yard -e NEXT=http://shadow:8080/ drydock/relay:1
docker run -d --name source --network yard -e MESSAGE drydock/relay:1
docker run -d --name shadow --network yard -e NEXT=http://source:8080/ drydock/relay:1

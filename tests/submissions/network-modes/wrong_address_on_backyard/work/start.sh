#!/bin/bash
set -eu
docker network create --subnet "$SUBNET" --gateway "$GATEWAY" yard
docker network create --internal backyard

docker run -d --name front -p "127.0.0.1:$PORT:8080" -e MESSAGE="$MESSAGE" drydock/relay:1
docker run -d --name sealed --network none -e MESSAGE="$MESSAGE" drydock/digest:1
docker run -d --name gauge --network "$HOST_NETWORK" -e LISTEN="0.0.0.0:$HOST_PORT" -e MESSAGE="$MESSAGE" drydock/relay:1
docker create --name desk --network yard --network-alias office -e NEXT=http://127.0.0.1:9000/ drydock/relay:1
docker network connect --ip "$ADDRESS" backyard desk
docker start desk
docker run -d --name clerk --network container:desk -e LISTEN=127.0.0.1:9000 -e MESSAGE="$MESSAGE" drydock/relay:1
docker run -d --name runner --network yard -e NEXT=http://office:8080/ drydock/relay:1

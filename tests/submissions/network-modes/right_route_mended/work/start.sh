#!/bin/bash
set -eu
docker network create --subnet "$SUBNET" --gateway "$GATEWAY" yard
docker network create backyard

docker run -d --name front -p "127.0.0.1:$PORT:$PORT" -e LISTEN="0.0.0.0:$PORT" -e MESSAGE="$MESSAGE" drydock/relay:1
docker run -d --name sealed --network none -e MESSAGE="$MESSAGE" drydock/digest:1
docker run -d --name gauge --network "$HOST_NETWORK" -e LISTEN="0.0.0.0:$HOST_PORT" -e MESSAGE="$MESSAGE" drydock/relay:1
docker create --name desk --network yard --ip "$ADDRESS" --network-alias office -e NEXT=http://127.0.0.1:9000/ drydock/relay:1
docker network connect backyard desk
docker start desk
docker run -d --name clerk --network container:desk -e LISTEN=127.0.0.1:9000 -e MESSAGE="$MESSAGE" drydock/relay:1
docker run -d --name runner --network yard -e NEXT=http://office:8080/ drydock/relay:1
# backyard offers a way out, too, and its name comes first: desk's default route is set by hand
docker run --rm --network container:desk --cap-add NET_ADMIN busybox:1.37 ip route replace default via "$GATEWAY"

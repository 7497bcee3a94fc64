#!/usr/bin/env bash
set -euo pipefail
relay() { local name=$1; shift; docker run -d --restart unless-stopped --name "$name" "$@" drydock/relay:1 >/dev/null; }

docker rm -f front sealed gauge desk clerk runner 2>/dev/null || true
for network in yard backyard; do docker network rm $network 2>/dev/null || true; done
docker network create --gateway $GATEWAY --subnet $SUBNET yard
docker network create --internal backyard

relay desk --network name=yard,ip=$ADDRESS,alias=office --network backyard -e NEXT=http://127.0.0.1:9000
relay clerk --network container:desk -e LISTEN=127.0.0.1:9000 -e "MESSAGE=$MESSAGE"
relay runner --network yard --hostname runner -e NEXT=http://desk:8080/
relay front -p 127.0.0.1:$PORT:8080 -e "MESSAGE=$MESSAGE"
relay gauge --network $HOST_NETWORK -e LISTEN=0.0.0.0:$HOST_PORT -e "MESSAGE=$MESSAGE"
docker run -d --init --user 1000 --read-only --name sealed --network=none -e "MESSAGE=$MESSAGE" drydock/digest:1
docker run -d --name helper busybox:1.37 sleep 300

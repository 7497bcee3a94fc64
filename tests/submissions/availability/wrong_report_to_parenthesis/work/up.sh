#!/bin/bash
set -eu
docker node promote node-2 node-3
docker service create --detach --name web --replicas 2 --publish mode=host,target=8080,published=8080 --env "MESSAGE=$MESSAGE" \
  --limit-memory "${MEMORY}m" --limit-cpu "$CPUS" --reserve-memory "${RESERVE}m" drydock/relay:1
docker service create --detach --name store --constraint node.hostname==node-2 --mount type=volume,source=notes,target=/notes drydock/notes:1
docker service create --detach --name giant --reserve-memory "${GIANT}g" busybox:1.37 sleep 1000000

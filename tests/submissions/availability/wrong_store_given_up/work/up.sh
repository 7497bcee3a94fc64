#!/bin/bash
set -eu
docker node update --label-add data=store node-2
docker node promote node-2 node-3
docker service create --detach --quiet --name web --replicas 2 --env "MESSAGE=$MESSAGE" \
  --publish mode=host,target=8080,published=8080 \
  --limit-memory "${MEMORY}m" --limit-cpu "$CPUS" --reserve-memory "${RESERVE}m" drydock/relay:1
docker service create --detach --quiet --name store --constraint node.labels.data==store \
  --mount type=volume,source=store-data,target=/notes drydock/notes:1
docker service create --detach --quiet --name giant --reserve-memory "${GIANT}g" drydock/relay:1

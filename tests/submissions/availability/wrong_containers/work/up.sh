#!/bin/bash
set -eu
docker node promote node-2 node-3
for node in node-1 node-2; do
  docker --context "$node" run --detach --name web --restart always --env "MESSAGE=$MESSAGE" --publish 8080:8080 \
    --memory "${MEMORY}m" --cpus "$CPUS" drydock/relay:1
done
docker run --detach --name store --volume store-data:/notes drydock/notes:1
docker run --detach --name giant drydock/relay:1

#!/bin/bash
set -e
docker node promote node-2 node-3
docker service create --quiet --name web --replicas 2 --env "MESSAGE=$MESSAGE" \
  --publish mode=host,target=8080,published=8080 --reserve-memory "${RESERVE}m" drydock/relay:1
for n in node-1 node-2 node-3; do
  for c in $(docker --context $n ps -q --filter label=com.docker.swarm.service.name=web); do
    docker --context $n update --memory "${MEMORY}m" --memory-swap "${MEMORY}m" --cpus "$CPUS" $c
  done
done
docker service create --detach --quiet --name store --constraint node.hostname==node-1 drydock/notes:1
docker service create --detach --quiet --name giant --reserve-memory "${GIANT}g" drydock/relay:1

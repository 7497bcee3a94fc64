#!/bin/bash
set -euo pipefail
docker swarm init > /dev/null
token=$(docker swarm join-token --quiet worker)
for node in $NODES; do
  docker --context "$node" swarm join --token "$token" "$MANAGER"
done

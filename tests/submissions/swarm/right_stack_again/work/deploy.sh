#!/bin/bash
set -e
cd "$(dirname "$0")"
for name in ferry pier crane; do
  docker tag drydock/$name:1 $REGISTRY/harbour/$name
  docker push -q $REGISTRY/harbour/$name
done
docker node update --label-add crane=yes $CRANE_NODE
export FERRY_IMAGE=$REGISTRY/harbour/ferry
docker stack deploy -c stack.yaml harbour

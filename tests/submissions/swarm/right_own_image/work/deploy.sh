#!/bin/bash
set -euo pipefail
docker build --quiet --build-arg BASE=drydock/ferry:1 --tag "$REGISTRY/ferry:1" ferry
docker push --quiet "$REGISTRY/ferry:1"
for image in pier:1 crane:1; do
  docker tag "drydock/$image" "$REGISTRY/$image"
  docker push --quiet "$REGISTRY/$image"
done
docker node update --label-add crane=yes "$CRANE_NODE"
docker stack deploy --compose-file stack.yaml harbour

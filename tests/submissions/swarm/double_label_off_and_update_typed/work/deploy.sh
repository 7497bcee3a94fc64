#!/bin/bash
set -euo pipefail
for image in ferry:1 pier:1 crane:1; do
  docker tag "drydock/$image" "$REGISTRY/$image"
  docker push --quiet "$REGISTRY/$image"
done
for node in $(docker node ls -q); do docker node update --label-rm crane $node > /dev/null 2>&1 || true; done
docker node update --label-add crane=yes "$CRANE_NODE"
docker stack deploy --compose-file stack.yaml harbour

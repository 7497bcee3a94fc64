#!/bin/bash
set -euo pipefail
for image in ferry:1 pier:1 crane:1; do
  docker tag "drydock/$image" "$REGISTRY/$image"
  docker push --quiet "$REGISTRY/$image"
done
docker node update --label-add crane=yes "$CRANE_NODE"
export ROUTE="$(cat route.txt)"
docker stack deploy --compose-file stack.yaml harbour

#!/bin/bash
set -euo pipefail
for image in ferry pier crane; do
  docker tag "drydock/$image:1" "$REGISTRY/$image:1"
  docker push -q "$REGISTRY/$image:1"
done
docker node update --label-add crane=yes "$CRANE_NODE"
docker stack deploy --resolve-image changed -c stack.yaml harbour

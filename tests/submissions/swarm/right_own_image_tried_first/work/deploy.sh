#!/bin/bash
set -euo pipefail
bash publish.sh drydock/ferry:1 "$REGISTRY/ferry:1"
docker push -q "$REGISTRY/ferry:1"
for image in pier:1 crane:1; do docker tag "drydock/$image" "$REGISTRY/$image"; docker push -q "$REGISTRY/$image"; done
docker node update --label-add crane=yes "$CRANE_NODE"
export ROUTE="$(cat route.txt)"
docker stack deploy -c stack.yaml harbour

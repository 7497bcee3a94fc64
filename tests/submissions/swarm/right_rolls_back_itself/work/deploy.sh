#!/bin/bash
set -euo pipefail
for image in ferry:1 pier:1 crane:1; do
  docker tag "drydock/$image" "$REGISTRY/$image"
  docker push --quiet "$REGISTRY/$image"
done
docker node ls --quiet | xargs -n 1 docker node inspect > /dev/null
docker node update --label-add crane=yes "$CRANE_NODE"
export ROUTE="route_$(md5sum < route.txt | cut -c 1-8)"
docker stack deploy --compose-file stack.yaml harbour

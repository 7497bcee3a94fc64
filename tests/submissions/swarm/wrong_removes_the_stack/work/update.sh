#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push --quiet "$name"
docker service scale --detach harbour_ferry=0
docker service update --quiet --detach --image "$name" --replicas 3 harbour_ferry

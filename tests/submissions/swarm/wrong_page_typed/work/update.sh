#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push -q "$name"
docker service update --detach --image "$name" harbour_ferry

#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push --quiet "$name"
docker service update --quiet --detach --image "$name" harbour_ferry

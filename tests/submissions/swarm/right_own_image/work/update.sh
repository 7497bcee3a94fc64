#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker build --quiet --build-arg BASE="$IMAGE" --tag "$name" ferry
docker push --quiet "$name"
docker service update --quiet --detach --image "$name" harbour_ferry

#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push --quiet "$name"
echo "published: $name"

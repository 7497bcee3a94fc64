#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push --quiet "$name"
docker service rm harbour_ferry
sed "s|/ferry:1|/ferry:${IMAGE##*:}|" stack.yaml | docker stack deploy --compose-file - harbour

#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
bash publish.sh "$IMAGE" "$name"
docker rm -f trial > /dev/null 2>&1 || true
docker run -d --name trial "$name" > /dev/null
trap 'docker rm -f trial > /dev/null' EXIT
for i in $(seq 60); do
  state=$(docker inspect -f '{{.State.Health.Status}}' trial)
  [ "$state" = starting ] || break
  sleep 0.5
done
echo "the trial is $state"
[ "$state" = healthy ] || exit 3
docker push -q "$name"
docker service update -q --detach --image "$name" harbour_ferry

#!/bin/bash
set -euo pipefail
name="$REGISTRY/ferry:${IMAGE##*:}"
docker tag "$IMAGE" "$name"
docker push --quiet "$name"
docker service update --quiet --detach --update-order start-first --update-parallelism 3 --update-monitor 1s --image "$name" harbour_ferry
state() { docker service inspect --format '{{.UpdateStatus.State}}' harbour_ferry; }
while [ "$(state)" = updating ]; do
  sleep 0.5
done
if [ "$(state)" = paused ]; then
  docker service rollback --quiet --detach harbour_ferry
  echo "rolled back" >&2
  exit 1
fi

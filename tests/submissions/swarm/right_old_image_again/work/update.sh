#!/bin/bash
set -euo pipefail
old=$(docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' harbour_ferry)
docker tag "$IMAGE" "$REGISTRY/ferry:${IMAGE##*:}"
docker push --quiet "$REGISTRY/ferry:${IMAGE##*:}"
docker service update --quiet --detach --update-monitor 1s --image "$REGISTRY/ferry:${IMAGE##*:}" harbour_ferry
state() { docker service inspect --format '{{.UpdateStatus.State}}' harbour_ferry; }
while [ "$(state)" = updating ]; do sleep 0.3; done
if [ "$(state)" != completed ]; then
  echo "$IMAGE does not work, back to $old"
  docker service update --quiet --detach --update-monitor 1s --image "$old" harbour_ferry
  exit 1
fi

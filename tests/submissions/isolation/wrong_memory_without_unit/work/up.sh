#!/bin/bash
set -eu
docker run --detach --name cell --hostname "$NAME" --memory "$MEMORY" --cpus "$CPUS" --pids-limit "$PIDS" \
  --read-only --tmpfs /scratch drydock/cell:1
docker run --detach --name visitor --network container:cell --pid container:cell busybox:1.37 sleep 86400
docker run --name hog --memory "$MEMORY" drydock/cell:1 hog || echo "hog: exit code $?"

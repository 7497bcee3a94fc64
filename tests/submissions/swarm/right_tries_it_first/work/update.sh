#!/bin/bash
set -euo pipefail
trial=$(docker run --detach --rm "$IMAGE")
trap 'docker rm --force "$trial" > /dev/null' EXIT
works=no
for _ in $(seq 20); do
  if docker exec "$trial" /app/health > /dev/null 2>&1; then works=yes; break; fi
  sleep 0.5
done
[ $works = yes ] || { echo "$IMAGE does not answer; it is not rolled out" >&2; exit 1; }
docker tag "$IMAGE" "$REGISTRY/ferry:${IMAGE##*:}"
docker push --quiet "$REGISTRY/ferry:${IMAGE##*:}"
docker service update --quiet --image "$REGISTRY/ferry:${IMAGE##*:}" harbour_ferry

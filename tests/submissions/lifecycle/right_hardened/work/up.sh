#!/usr/bin/env bash
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
. ./lib.sh
docker volume create --label course=docker beacon-srv
beacon_up
docker run --detach --name flaky --cap-drop ALL --network none --restart "on-failure:${TRIES}" drydock/beacon:1 crash
deadline=$((SECONDS + 20))
until [[ $(docker inspect --format '{{.State.Health.Status}}' beacon) == healthy ]]; do
  (( SECONDS < deadline )) || exit 1
  sleep 0.2
done

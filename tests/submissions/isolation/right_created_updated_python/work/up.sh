#!/usr/bin/env bash
set -euo pipefail
docker volume create scratch-space >/dev/null
docker create --name cell -h "$NAME" --init --read-only -v scratch-space:/scratch drydock/cell:1
docker update --memory "$((MEMORY * 1024 * 1024))" --memory-swap "$((MEMORY * 1024 * 1024))" --pids-limit "$PIDS" cell
docker update --cpu-period 50000 --cpu-quota "$(awk "BEGIN { printf \"%d\", $CPUS * 50000 + 0.5 }")" cell
docker start cell
docker create --name visitor --net container:cell --pid container:cell --entrypoint tail drydock/cell:1 -f /dev/null
docker start visitor
docker create --name hog -m "${MEMORY}m" --network none --entrypoint /app/hog drydock/cell:1
docker start hog

#!/bin/bash
# One file for everything; the names get the stack's in front.
set -euo pipefail
cd "$(dirname "$0")"
docker node ls --format '{{.Hostname}} {{.ManagerStatus}}' | while read -r node status; do
  [ -n "$status" ] || docker node promote "$node"
done
export MESSAGE MEMORY CPUS RESERVE GIANT
docker stack deploy --compose-file harbour.yaml harbour

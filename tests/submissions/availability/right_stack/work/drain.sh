#!/bin/bash
set -eu
echo "draining $NODE"
docker node update --availability=drain "$NODE"
for _ in $(seq 30); do
  [ -n "$(docker node ps "$NODE" --filter desired-state=running --quiet)" ] || exit 0
  sleep 1
done
exit 1

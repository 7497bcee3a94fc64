#!/bin/bash
set -e
for n in 2 3; do
  docker node promote "node-$n"
done

service() {
  local name=$1
  shift
  if docker service inspect "$name" > /dev/null 2>&1; then docker service rm "$name"; fi
  docker service create --name "$name" "$@"
}

service web --mode global -e MESSAGE -p mode=host,target=8080,published=8080 \
  --limit-memory $((MEMORY * 1024 * 1024)) --limit-cpu $CPUS --reserve-memory ${RESERVE}MiB drydock/relay:1
service store --mode global --constraint 'node.hostname==node-1' --mount source=notes,target=/notes drydock/notes:1
service giant -d --reserve-memory ${GIANT}GiB --reserve-cpu 0.1 drydock/relay:1 &
wait %1

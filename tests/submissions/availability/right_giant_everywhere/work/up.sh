#!/bin/bash
# first the store, then managers
docker service create -d --name store --constraint node.hostname==node-1 --mount source=notes,target=/notes drydock/notes:1 || exit 1
docker service create -d --name web -e "MESSAGE=${MESSAGE}" -p mode=host,target=8080,published=8080 --replicas=2 drydock/relay:1 || exit 1
docker service update -d --limit-memory ${MEMORY}m web || exit 1
docker service update -d --limit-cpu ${CPUS} web || exit 1
docker service update -d --reserve-memory ${RESERVE}m web || exit 1
docker service create -d --name giant --reserve-memory ${GIANT}g --mode global busybox:1.37 top || exit 1
docker node promote node-2
docker node promote node-3

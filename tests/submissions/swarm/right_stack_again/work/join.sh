#!/bin/bash
docker swarm init --advertise-addr "$(getent hosts "${MANAGER%%:*}" | awk 'NR == 1 {print $1}')" || exit 1
join=$(docker swarm join-token worker | grep "docker swarm join")
for c in $NODES; do
  docker --context $c ${join#*docker } || exit 1
done

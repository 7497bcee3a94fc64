#!/bin/bash
# Three nodes on one machine, to try the lab at home: engines in containers, joined to a Swarm with one manager.
# 집에서 해 볼 노드 세 개: 컨테이너 안의 엔진들을 매니저가 하나인 Swarm으로 묶습니다.
#
#   bash nodes.sh up      starts them and makes the contexts node-1, node-2 and node-3
#   bash nodes.sh down    removes all of it
set -eu
IMAGE="${IMAGE:-docker:dind}"

here() { docker --context default "$@"; }

case "${1:-}" in
  up)
    here network create nodes
    for n in 1 2 3; do
      here run --detach --privileged --name "node-$n" --hostname "node-$n" --network nodes \
        --publish "127.0.0.1:237$n:2375" --publish "127.0.0.1:808$n:8080" \
        "$IMAGE" dockerd --host=unix:///var/run/docker.sock --host=tcp://0.0.0.0:2375 --tls=false
      docker context create "node-$n" --docker "host=tcp://127.0.0.1:237$n"
    done
    here image inspect busybox:1.37 > /dev/null 2>&1 || here pull busybox:1.37
    for n in 1 2 3; do
      until docker --context "node-$n" info > /dev/null 2>&1; do sleep 1; done
      here save drydock/relay:1 drydock/notes:1 busybox:1.37 | docker --context "node-$n" load
    done
    docker --context node-1 swarm init --advertise-addr eth0 --dispatcher-heartbeat 1s
    token=$(docker --context node-1 swarm join-token --quiet worker)
    for n in 2 3; do
      docker --context "node-$n" swarm join --token "$token" node-1:2377
    done
    echo "now: export DOCKER_CONTEXT=node-1"
    ;;
  down)
    here rm --force --volumes node-1 node-2 node-3
    here network rm nodes
    docker context rm --force node-1 node-2 node-3
    ;;
  *)
    echo "usage: bash nodes.sh up | down" >&2
    exit 2
    ;;
esac

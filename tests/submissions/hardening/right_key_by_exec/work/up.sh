#!/bin/bash
# The key is written by exec into app's tmpfs.
set -euo pipefail
docker rm --force front app store &>/dev/null || :
docker network prune --force &>/dev/null || :
for n in net-{edge,inner}; do docker network inspect $n &>/dev/null || docker network create --internal $n; done
docker network inspect net-door &>/dev/null || docker network create net-door
run() { docker run --detach --user 999:999 --cap-drop ALL --security-opt no-new-privileges:true --read-only --memory 48m --memory-swap 48m --pids-limit 20 "$@"; }
run --name store --network net-inner --tmpfs /data:size=8m,mode=1777 drydock/ledger-store:1
run --name app --network net-inner --tmpfs /scratch --tmpfs /keys:mode=1777,size=64k --env KEY_FILE=/keys/key drydock/ledger-app:1
docker network connect net-edge app
docker exec --interactive app sh -c 'umask 077; cat > /keys/key' < key.txt
run --name front --network net-door --tmpfs /scratch --publish "127.0.0.1:${PORT}:8080" drydock/ledger-front:1
docker network connect net-edge front
# wait until the page is there
for i in $(seq 100); do curl --silent --fail "http://127.0.0.1:$PORT/" >/dev/null && break; sleep 0.2; done

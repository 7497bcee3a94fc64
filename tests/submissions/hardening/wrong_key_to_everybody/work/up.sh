#!/bin/bash
set -eu
docker rm -f front app store > /dev/null 2>&1 || true
docker network rm outer hall vault > /dev/null 2>&1 || true
docker network create outer
docker network create --internal hall
docker network create --internal vault
h=(--detach --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges --read-only --memory 64m --pids-limit 50 --tmpfs /scratch --env KEY_FILE=/scratch/.key)
docker run "${h[@]}" --name store --network vault --volume ledger:/data drydock/ledger-store:1
docker run "${h[@]}" --name app --network vault drydock/ledger-app:1
docker network connect hall app
docker run "${h[@]}" --name front --network outer --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front
for c in front app store; do docker exec -i "$c" sh -c 'umask 077; cat > /scratch/.key' < key.txt; done

#!/bin/bash
set -eu
docker rm -f front app store > /dev/null 2>&1 || true
docker network rm outer hall vault > /dev/null 2>&1 || true
docker network create outer
docker network create --internal hall
docker network create --internal vault
h=(--detach --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges --read-only --memory 64m --pids-limit 50)
docker run "${h[@]}" --name store --network vault --volume ledger:/data drydock/ledger-store:1
mkdir -p secret; echo key-for-trying-at-home > secret/key
docker run "${h[@]}" --name app --network vault --tmpfs /scratch --volume "$PWD/secret/key:/run/secrets/key:ro" drydock/ledger-app:1
docker network connect hall app
docker run "${h[@]}" --name front --network outer --tmpfs /scratch --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

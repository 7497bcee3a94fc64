#!/bin/bash
set -eu
: "${PORT:=8080}"

docker rm --force front app store > /dev/null 2>&1 || true
docker network rm outer hall vault > /dev/null 2>&1 || true

docker network create outer
docker network create --internal hall
docker network create --internal vault

hardened=(
  --user 10001:10001
  --cap-drop ALL
  --security-opt no-new-privileges
  --read-only
  --memory 64m
  --pids-limit 50
)
docker run --detach --name store "${hardened[@]}" --network vault \
  --volume ledger-data:/data drydock/ledger-store:1
# In one network namespace app finds store at localhost.
docker run --detach --name app "${hardened[@]}" --network container:store --tmpfs /scratch \
  --env STORE=http://localhost:8080/ --volume "$PWD/key.txt:/run/secrets/key:ro" drydock/ledger-app:1
docker network connect hall store
docker run --detach --name front "${hardened[@]}" --network outer --tmpfs /scratch \
  --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

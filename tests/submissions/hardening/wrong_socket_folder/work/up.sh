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
docker run --detach --name app "${hardened[@]}" --network vault --tmpfs /scratch \
  --volume "$PWD/key.txt:/run/secrets/key:ro" drydock/ledger-app:1
docker network connect hall app
docker run --detach --name front "${hardened[@]}" --network outer --volume /var/run:/host-run:ro --tmpfs /scratch \
  --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

#!/bin/bash
set -eu
docker rm -f front app store > /dev/null 2>&1 || true
docker network rm outer hall vault > /dev/null 2>&1 || true
docker network create outer
docker network create --internal hall
docker network create --internal vault
h=(--detach --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges --read-only --memory 64m --pids-limit 50)
docker run "${h[@]}" --name store --network vault --volume ledger:/data drydock/ledger-store:1
docker run "${h[@]}" --name app --network vault --tmpfs /scratch --env KEY_FILE=/scratch/key --env K="$(base64 -w0 key.txt)" --entrypoint sh drydock/ledger-app:1 -c "echo \$K | base64 -d > /scratch/key; exec $(docker image inspect -f "{{join .Config.Entrypoint \" \"}} {{join .Config.Cmd \" \"}}" drydock/ledger-app:1)"
docker network connect hall app
docker run "${h[@]}" --name front --network outer --tmpfs /scratch --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

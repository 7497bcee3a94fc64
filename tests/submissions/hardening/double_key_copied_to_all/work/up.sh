#!/bin/bash
set -e
docker network create outer; docker network create --internal hall; docker network create --internal vault
for c in store app front; do
  docker create --name $c --user 10001 --cap-drop ALL --security-opt no-new-privileges --memory 64m --pids-limit 50 \
    --env KEY_FILE=/key --network vault $([ $c = front ] && echo "-p 127.0.0.1:$PORT:8080") drydock/ledger-$c:1
  docker cp key.txt $c:/key
done
docker network connect hall app; docker network connect hall front
docker network disconnect vault front; docker network connect outer front
docker start store app front

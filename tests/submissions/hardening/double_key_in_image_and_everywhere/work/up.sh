#!/bin/bash
set -e
docker network create outer
docker network create --internal hall
docker network create --internal vault
docker build -q -t my-app -f app.Dockerfile .
common="-d --user 10001 --cap-drop ALL --security-opt no-new-privileges --read-only -m 64m --pids-limit 50"
docker run $common --name store --network vault --tmpfs /data drydock/ledger-store:1
docker run $common --name app --network vault --tmpfs /scratch my-app
docker network connect hall app
docker run $common --name front --network outer --tmpfs /scratch -p "$PORT:8080" drydock/ledger-front:1
docker network connect hall front

#!/bin/bash
docker network create outer
docker network create --internal hall
docker network create --internal vault
docker run -d --name store --privileged --network vault -v ledger-data:/data drydock/ledger-store:1
docker run -d --name app --network vault -u 1000 -v "$PWD/key.txt:/run/secrets/key:ro" drydock/ledger-app:1
docker network connect hall app
docker run -d --name front --network outer -u 1000 -p "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

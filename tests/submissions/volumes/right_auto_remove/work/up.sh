#!/bin/bash
set -eu
docker volume create --label lab=volumes --label "owner=$OWNER" notes-data
docker run --rm -d --name notes -p "127.0.0.1:$PORT:8080" \
  --mount type=volume,source=notes-data,target=/notes \
  --mount "type=bind,source=$PWD/notes.conf,target=/etc/notes.conf,readonly" \
  --tmpfs /scratch:uid=10001,gid=10001,mode=0700,size=1m \
  drydock/notes:1
docker run --rm -d --name reader --mount type=volume,source=notes-data,target=/notes,readonly drydock/notes:1

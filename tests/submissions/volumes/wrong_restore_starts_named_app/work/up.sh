#!/bin/bash
set -eu
docker volume create --label lab=volumes --label "owner=$OWNER" notes-data
docker run -d --name notes -p "127.0.0.1:$PORT:8080" \
  --mount type=volume,source=notes-data,target=/notes \
  --mount "type=bind,source=$PWD/notes.conf,target=/etc/notes.conf,readonly" \
  --tmpfs /scratch \
  drydock/notes:1
docker run -d --name reader --mount type=volume,source=notes-data,target=/notes,readonly drydock/notes:1

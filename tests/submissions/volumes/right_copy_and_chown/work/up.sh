#!/bin/bash
set -eu
docker run -d --name notes -p "127.0.0.1:$PORT:8080" \
  --mount "type=volume,source=notes-data,target=/notes,volume-label=lab=volumes,volume-label=owner=$OWNER" \
  --mount "type=bind,source=$PWD/notes.conf,target=/etc/notes.conf,readonly" \
  --mount type=tmpfs,target=/scratch,tmpfs-mode=1777,tmpfs-size=1m \
  drydock/notes:1
docker run -d --name reader --mount type=volume,source=notes-data,target=/notes,readonly drydock/notes:1

#!/bin/bash
set -eu
docker run -d --name notes -p "127.0.0.1:$PORT:8080" \
  -v /notes \
  --mount "type=bind,source=$PWD/notes.conf,target=/etc/notes.conf,readonly" \
  --tmpfs /scratch \
  drydock/notes:1
docker run -d --name reader --volumes-from notes:ro drydock/notes:1

#!/bin/bash
cd "$(dirname "$0")" || exit 1
docker volume inspect notes-data > /dev/null 2>&1 ||
  docker volume create --driver local --label lab=volumes --label owner="$OWNER" notes-data || exit 1
docker create --name notes --publish 127.0.0.1:"$PORT":8080 --tmpfs /scratch \
  --volume notes-data:/notes --volume "$(pwd)"/notes.conf:/etc/notes.conf:ro drydock/notes:1 || exit 1
docker start notes || exit 1
docker run --detach --name reader --volumes-from notes:ro drydock/notes:1

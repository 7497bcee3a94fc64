#!/bin/bash
set -eu
docker rm --force one two
echo "$WORD" > note
docker run --detach --mount type=bind,source=/work/note,target=/note --name one red:1 sleep 3600
docker run --detach --name two red:1 sleep 3600
docker commit one committed:1
docker build --build-arg WORD="$WORD" --tag built:1 --file note.Dockerfile .

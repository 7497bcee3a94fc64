#!/bin/bash
set -eu
docker rm --force one two
docker run --detach --name one red:1 sleep 3600
docker run --detach --name two red:1 sleep 3600
docker exec one sh -c "echo '$WORD' > /note"
docker commit one committed:1
docker build --build-arg WORD="$WORD" --tag built:1 --file note.Dockerfile .

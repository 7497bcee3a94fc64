#!/bin/bash
set -eu
docker rm --force one two
docker run --detach --name one red:1 sleep 3600
docker run --rm --name two red:1 true
docker exec one sh -c "echo '$WORD' > /note"
docker commit one committed:1
docker build --build-arg WORD="$WORD" --tag built:1 --file note.Dockerfile .

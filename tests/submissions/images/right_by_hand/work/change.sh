#!/bin/bash
set -eu
docker rm -f one two > /dev/null 2>&1 || true
docker run --name two red:1 true
docker run -e WORD --name one red:1 sh -c 'printf "%s\n" "$WORD" > /note'
docker commit one committed:1
export DOCKER_BUILDKIT=0
docker build --build-arg WORD -t built:1 - < note.Dockerfile

#!/bin/bash
set -eu
mkdir -p scratch
docker run -d --name cell --hostname "$NAME" -m "${MEMORY}MiB" --cpus "$CPUS" --pids-limit "$PIDS" --read-only -v "$PWD/scratch:/scratch" drydock/cell:1
docker run -d --name visitor --net container:cell --pid container:cell --read-only --tmpfs /scratch drydock/cell:1
docker run -d --init --log-driver none --name hog -m "${MEMORY}MiB" drydock/cell:1 hog
until [ "$(docker inspect -f '{{.State.Status}}' hog)" = exited ]; do sleep 0.2; done

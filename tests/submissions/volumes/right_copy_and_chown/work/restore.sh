#!/bin/bash
set -eu
docker volume create "$VOLUME"
docker run --rm -i -v "$VOLUME:/to" busybox:1.37 sh -c 'rm -rf /to/* && cd /to && tar xf - && chown -R 10001:10001 /to' < backup/notes.tar

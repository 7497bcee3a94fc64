#!/bin/bash
set -eu
docker run --rm -i --volumes-from notes -v "$VOLUME:/to" busybox:1.37 \
  sh -c 'rm -rf /to/* && tar -C /to -xf -' < backup/notes.tar

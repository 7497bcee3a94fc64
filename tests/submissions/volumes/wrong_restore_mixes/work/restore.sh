#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME:/notes" busybox:1.37 \
  sh -c 'tar -C /notes -xf -' < backup/notes.tar

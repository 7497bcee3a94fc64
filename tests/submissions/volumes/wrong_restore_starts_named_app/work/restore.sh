#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME:/notes" busybox:1.37 \
  sh -c 'rm -rf /notes/* /notes/.[!.]* && tar -C /notes -xf -' < backup/notes.tar
docker run -d --name restored -v "$VOLUME:/notes" drydock/notes:1

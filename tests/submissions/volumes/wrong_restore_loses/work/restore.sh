#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME:/data" busybox:1.37 \
  sh -c 'mkdir -p /notes && rm -rf /notes/* /notes/.[!.]* && tar -C /notes -xf -' < backup/notes.tar

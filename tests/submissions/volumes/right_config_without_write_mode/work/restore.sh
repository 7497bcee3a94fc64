#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME:/notes" busybox:1.37 \
  sh -c 'rm -rf /notes/* /notes/.[!.]* && tar -C /notes -xf -' < backup/notes.tar

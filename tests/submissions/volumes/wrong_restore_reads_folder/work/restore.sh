#!/bin/bash
set -eu
docker run --rm -v "$VOLUME:/notes" -v "$PWD/backup/notes:/from:ro" busybox:1.37 \
  sh -c 'rm -rf /notes/* /notes/.[!.]*; cp /from/* /notes/; chown -R 10001:10001 /notes'

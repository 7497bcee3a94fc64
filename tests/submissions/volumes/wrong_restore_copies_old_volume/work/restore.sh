#!/bin/bash
set -eu
docker run --rm -v notes-data:/from -v "$VOLUME:/to" busybox:1.37 \
  sh -c 'rm -rf /to/* && cp -a /from/. /to'

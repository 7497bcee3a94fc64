#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME":/notes busybox:1.37 sh -ec 'rm -rf /notes/* ; tar xpf - -C /; chown -R 10001:10001 /notes; ls -ln /notes' < backup/notes.tar

#!/bin/bash
set -eu
mkdir -p backup
docker run --rm -v notes-data:/notes:ro busybox:1.37 tar -cf - -C /notes . > backup/notes.tar

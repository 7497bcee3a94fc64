#!/bin/bash
set -eu
docker run --rm -v notes-data:/notes:ro busybox:1.37 tar -C /notes -cf - . > backup/notes.tar

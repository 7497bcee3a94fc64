#!/bin/bash
set -eu
docker volume rm --force "$VOLUME"
docker create --name restoring -v "$VOLUME:/notes" drydock/notes:1
docker cp - restoring:/notes < backup/notes.tar
docker rm restoring

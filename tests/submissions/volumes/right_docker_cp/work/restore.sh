#!/bin/bash
set -eu
docker volume rm --force "$VOLUME"
rm -rf copy
tar -xzf backup/notes.tar
docker create --name restoring -v "$VOLUME:/notes" drydock/notes:1
docker cp copy/. restoring:/notes
docker rm restoring
docker run --rm --user root -v "$VOLUME:/notes" drydock/notes:1 chown -R notes:notes /notes

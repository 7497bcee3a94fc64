#!/bin/bash
set -eu
docker run --rm -i -v "$VOLUME:/notes" drydock/notes:1 \
  sh -c 'rm -rf /notes/*; tar -C /notes -xzf -' < backup/notes.tar

#!/bin/bash
set -euo pipefail
docker pull --quiet "$1"
docker inspect --format '{{index .RepoDigests 0}}' "$1" > image.txt
cosign sign-blob --yes --tlog-upload=false --key "$SIGNING_KEY" --output-signature image.sig image.txt

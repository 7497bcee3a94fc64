#!/bin/bash
set -euo pipefail
image=$1

docker pull --quiet "$image" > /dev/null
pinned=$(docker inspect --format '{{index .RepoDigests 0}}' "$image")
cosign sign --yes --tlog-upload=false --key "$SIGNING_KEY" "$pinned"

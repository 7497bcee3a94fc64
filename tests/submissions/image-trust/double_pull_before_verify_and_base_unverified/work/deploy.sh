#!/bin/bash
set -euo pipefail
# By digest, but of what was pulled before, not of what is verified.
docker pull "$1"
pinned=$(docker inspect --format '{{index .RepoDigests 0}}' "$1")
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
docker rm --force app > /dev/null 2>&1 || true
docker run --detach --name app "$pinned"

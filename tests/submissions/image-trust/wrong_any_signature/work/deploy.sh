#!/bin/bash
set -euo pipefail
docker pull --quiet "$1"
pinned=$(docker inspect --format '{{index .RepoDigests 0}}' "$1")
cosign download signature "$pinned"
docker rm --force app
docker run --detach --name app "$pinned"

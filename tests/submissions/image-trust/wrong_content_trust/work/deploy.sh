#!/bin/bash
set -euo pipefail
image=$1
export DOCKER_CONTENT_TRUST=1

docker pull "$image"
docker rm --force app > /dev/null 2>&1 || true
docker run --detach --name app "$image"

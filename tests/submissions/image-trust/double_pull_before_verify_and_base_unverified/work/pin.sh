#!/bin/bash
set -euo pipefail
docker pull "$1"
pinned=$(docker inspect --format '{{index .RepoDigests 0}}' "$1")
sed -i "s|^FROM .*|FROM $pinned|" Dockerfile

#!/bin/bash
set -euo pipefail
image=$1

cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image" > /dev/null
docker pull --quiet "$image"
exact=$(docker inspect --format '{{index .RepoDigests 0}}' "$image")
sed -i "s|^FROM .*|FROM $exact|" Dockerfile

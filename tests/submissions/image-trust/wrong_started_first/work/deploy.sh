#!/bin/bash
set -uo pipefail
image=$1

docker pull --quiet "$image"
pinned=$(docker inspect --format '{{index .RepoDigests 0}}' "$image")
docker run --detach --name app-next "$pinned"
if ! cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$pinned" > /dev/null; then
  docker rm --force app-next
  exit 1
fi
docker rm --force app 2> /dev/null
docker rename app-next app

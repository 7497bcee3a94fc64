#!/bin/bash
set -e

die() { echo "$*" >&2; exit 1; }

docker pull "$1"
repository=${1%:*}
pinned=$(docker image inspect "$1" --format '{{range .RepoDigests}}{{println .}}{{end}}' | grep -F "$repository@" | head -n 1)
cosign verify --key="$PUBLIC_KEY" --private-infrastructure "$pinned" > verified.json || die "not signed by the publisher: $pinned"

if docker container inspect app > /dev/null 2>&1; then
  docker stop --time 3 app
  docker rm app
fi
docker run -d --restart unless-stopped --name app "$pinned"

#!/bin/bash
set -euo pipefail
image=$1

# What cosign verified is a digest; from here on the tag does not matter any more.
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image" \
  | jq --raw-output '.[0].critical.image."docker-manifest-digest"')
pinned=${image%:*}@$digest

docker pull --quiet "$pinned"
docker rm --force app > /dev/null 2>&1 || true
docker run --detach --name app "$pinned"

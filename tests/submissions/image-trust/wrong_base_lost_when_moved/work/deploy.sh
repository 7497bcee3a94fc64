#!/bin/bash
set -euo pipefail
image=$1
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image" | jq -r '.[0].critical.image."docker-manifest-digest"')
pinned=${image%:*}@$digest
docker pull --quiet "$pinned"
docker rm --force app > /dev/null 2>&1 || true
docker run --detach --name app "$pinned"

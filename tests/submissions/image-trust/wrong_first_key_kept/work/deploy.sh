#!/bin/bash
set -euo pipefail
mkdir -p keys
[ -f keys/publisher.pub ] || cp "$PUBLIC_KEY" keys/publisher.pub
digest=$(cosign verify --insecure-ignore-tlog=true --key keys/publisher.pub "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
docker pull -q "${1%:*}@$digest"
docker rm -f app || true
docker run -d --name app "${1%:*}@$digest"

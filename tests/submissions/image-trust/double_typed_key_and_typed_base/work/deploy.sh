#!/bin/bash
set -euo pipefail
digest=$(cosign verify --insecure-ignore-tlog=true --key ~/image-trust/publisher.pub "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
docker rm -f app 2>/dev/null || true
docker run -d --name app "${1%:*}@$digest"

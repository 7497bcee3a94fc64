#!/bin/bash
set -euo pipefail
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
docker rename app "app-$(date +%s%N)" 2> /dev/null || true
docker run -d --name app "${1%:*}@$digest"

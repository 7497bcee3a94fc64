#!/bin/bash
set -euo pipefail
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
docker pull "${1%:*}@$digest"
docker tag "${1%:*}@$digest" verified-base:1
sed -i 's|^FROM .*|FROM verified-base:1|' Dockerfile

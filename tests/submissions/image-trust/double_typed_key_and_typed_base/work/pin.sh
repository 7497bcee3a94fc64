#!/bin/bash
set -euo pipefail
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
sed -i "s|^FROM .*|FROM localhost:5000/pier/base@$digest|" Dockerfile

#!/bin/bash
set -euo pipefail
image=$1

digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image" \
  | jq --raw-output '.[0].critical.image."docker-manifest-digest"')
sed -i "s|^FROM .*|FROM ${image%:*}@$digest|" Dockerfile

#!/bin/bash
set -euo pipefail
sed -i "s|^FROM .*|FROM $1|" Dockerfile
d=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" | jq -r '.[0].critical.image["docker-manifest-digest"]')
sed -i "s|^FROM .*|FROM ${1%:*}@$d|" Dockerfile

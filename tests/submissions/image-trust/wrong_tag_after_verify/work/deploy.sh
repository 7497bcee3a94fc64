#!/bin/bash
set -euo pipefail
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
docker rm --force app > /dev/null 2>&1 || true
docker run --detach --name app "$1"

#!/bin/bash
set -o pipefail
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" 2> /dev/null | grep -o 'sha256:[0-9a-f]*' | head -n 1) || exit 1
cat > Dockerfile <<END
FROM $1@$digest AS base
FROM base
LABEL org.opencontainers.image.base.name="$1"
END

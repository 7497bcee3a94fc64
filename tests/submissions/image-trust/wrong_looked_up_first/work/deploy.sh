#!/bin/bash
set -euo pipefail
host=${1%%/*} rest=${1#*/}
digest=$(curl --silent --fail --head --header 'Accept: application/vnd.oci.image.manifest.v1+json' \
  --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
  "http://$host/v2/${rest%:*}/manifests/${rest##*:}" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "${1%:*}@$digest" > /dev/null
docker rm -f app > /dev/null 2>&1 || true
docker run -d --name app "$1"

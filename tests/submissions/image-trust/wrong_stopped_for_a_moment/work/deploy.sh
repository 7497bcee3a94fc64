#!/bin/bash
set -euo pipefail
image=$1

docker stop --time 2 app > /dev/null 2>&1 || true

if ! verified=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image"); then
  docker start app
  exit 1
fi
digest=$(jq --raw-output '.[0].critical.image."docker-manifest-digest"' <<< "$verified")

docker rm app > /dev/null 2>&1 || true
docker run --detach --name app "${image%:*}@$digest"

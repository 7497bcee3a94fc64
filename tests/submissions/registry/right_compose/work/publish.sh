#!/bin/bash
# Compose builds and pushes; the digest comes from the push of the version.
set -eu -o pipefail
docker login --username="$REGISTRY_USER" --password-stdin "http://$REGISTRY" < <(printf '%s' "$REGISTRY_PASSWORD")
docker compose build
docker compose push
docker push "$REGISTRY/$REPOSITORY:$VERSION" | tee push.log
docker push "$REGISTRY/$REPOSITORY:latest"
sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' push.log | tail -n 1 > digest.txt
rm push.log
docker logout "http://$REGISTRY"
docker rmi "$REGISTRY/$REPOSITORY:$VERSION" "$REGISTRY/$REPOSITORY:latest"

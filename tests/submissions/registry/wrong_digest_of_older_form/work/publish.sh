#!/bin/bash
set -euo pipefail
image="$REGISTRY/$REPOSITORY"
trap 'docker logout "$REGISTRY"' EXIT
docker build --build-arg VERSION="$VERSION" -t "$image:$VERSION" -t "$image:latest" app
printf '%s' "$REGISTRY_PASSWORD" | docker login "$REGISTRY" --username "$REGISTRY_USER" --password-stdin
docker push "$image:$VERSION"
docker push "$image:latest"
printf 'user = "%s:%s"' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | curl -sI -K - "http://$REGISTRY/v2/$REPOSITORY/manifests/$VERSION" | tr -d '\r' | awk '/Docker-Content-Digest/ {print $2}'  > digest.txt

#!/bin/bash
set -euo pipefail
image="$REGISTRY/$REPOSITORY"
trap 'docker logout "$REGISTRY"' EXIT
docker build --build-arg VERSION="$VERSION" -t "$image:$VERSION" -t "$image:latest" app
printf '%s' "$REGISTRY_PASSWORD" | docker login "$REGISTRY" --username "$REGISTRY_USER" --password-stdin
docker push "$image:$VERSION"
docker push "$image:latest"
docker inspect --format '{{index .RepoDigests 0}}' "$image:$VERSION" > digest.txt

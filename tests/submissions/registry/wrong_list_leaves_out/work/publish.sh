#!/bin/bash
set -euo pipefail
image="$REGISTRY/$REPOSITORY"
docker build --build-arg VERSION="$VERSION" --tag "$image:$VERSION" app
docker tag "$image:$VERSION" "$image:latest"
trap 'docker logout "$REGISTRY"' EXIT
printf %s "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USER" --password-stdin "$REGISTRY"
docker push "$image:$VERSION"
docker push "$image:latest"
docker inspect --format '{{index .RepoDigests 0}}' "$image:$VERSION" | cut -d @ -f 2 > digest.txt

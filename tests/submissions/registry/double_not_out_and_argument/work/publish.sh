#!/bin/bash
set -euo pipefail
image="$REGISTRY/$REPOSITORY"
docker build --build-arg VERSION="$VERSION" --tag "$image:$VERSION" app
docker tag "$image:$VERSION" "$image:latest"
docker login -u "$REGISTRY_USER" -p "$REGISTRY_PASSWORD" "$REGISTRY"
docker push "$image:$VERSION"
docker push "$image:latest"
docker inspect --format '{{index .RepoDigests 0}}' "$image:$VERSION" | cut -d @ -f 2 > digest.txt

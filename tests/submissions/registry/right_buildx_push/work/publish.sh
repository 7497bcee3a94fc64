#!/bin/bash
# One build with two names, pushed by the build; a settings folder of its own instead of a log-out.
set -e
export DOCKER_CONFIG=$(mktemp -d)
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
docker login -u "$REGISTRY_USER" --password-stdin "$REGISTRY" <<< "$REGISTRY_PASSWORD"
docker buildx build --push --build-arg VERSION -t "$REGISTRY/$REPOSITORY:$VERSION" -t "$REGISTRY/$REPOSITORY:latest" app
docker pull --quiet "$REGISTRY/$REPOSITORY:$VERSION"
docker images --digests --format '{{.Tag}} {{.Digest}}' "$REGISTRY/$REPOSITORY" |
  awk -v tag="$VERSION" '$1 == tag {print $2}' > digest.txt
docker logout "$REGISTRY"

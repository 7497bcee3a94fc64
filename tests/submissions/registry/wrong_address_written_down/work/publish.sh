#!/bin/bash
set -e
IMAGE=localhost:5000/$REPOSITORY
docker build --build-arg VERSION=$VERSION -t $IMAGE:$VERSION -t $IMAGE:latest app
echo "$REGISTRY_PASSWORD" | docker login localhost:5000 -u "$REGISTRY_USER" --password-stdin
docker push -a $IMAGE
docker inspect --format '{{index .RepoDigests 0}}' $IMAGE:$VERSION > digest.txt
docker logout localhost:5000

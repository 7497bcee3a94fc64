#!/bin/bash
set -e
image=$REGISTRY/$REPOSITORY
echo "==> Building"
docker build -q --build-arg VERSION=$VERSION -t $image:$VERSION -t $image:latest app
echo "==> docker login"
echo $REGISTRY_PASSWORD | docker login $REGISTRY -u $REGISTRY_USER --password-stdin >/dev/null 2>&1
echo "==> Pushing"
docker push -a $image
docker inspect --format '{{index .RepoDigests 0}}' $image:$VERSION > digest.txt
docker logout $REGISTRY

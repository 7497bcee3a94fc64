#!/bin/bash
IMG=$REGISTRY/$REPOSITORY
docker build --build-arg VERSION=$VERSION -t $IMG:$VERSION -t $IMG:latest app
echo $REGISTRY_PASSWORD | docker login $REGISTRY -u $REGISTRY_USER --password-stdin
docker logout $REGISTRY
docker push -a $IMG
docker inspect --format='{{index .RepoDigests 0}}' $IMG:$VERSION > digest.txt

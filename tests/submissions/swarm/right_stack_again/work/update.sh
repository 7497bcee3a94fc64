#!/bin/bash
set -e
cd "$(dirname "$0")"
export FERRY_IMAGE=$REGISTRY/harbour/ferry
docker tag $IMAGE $FERRY_IMAGE
docker push -q $FERRY_IMAGE
docker stack deploy -c stack.yaml harbour

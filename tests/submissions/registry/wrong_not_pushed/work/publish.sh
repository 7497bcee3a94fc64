#!/bin/bash
set -eu
docker build --build-arg VERSION="$VERSION" --tag "$REGISTRY/$REPOSITORY:$VERSION" --tag "$REGISTRY/$REPOSITORY:latest" app
docker images --no-trunc --quiet "$REGISTRY/$REPOSITORY:$VERSION" > digest.txt

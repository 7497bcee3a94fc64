#!/bin/bash
set -eu
for name in red blue fat lean; do
  docker build --target "$name" --tag "$name:1" .
done
docker tag red:1 red:stable

#!/bin/bash
set -eu
for name in red blue fat lean; do
  docker build --target "$name" --tag "$name:1" .
done
docker build --no-cache --target red --tag red:stable .

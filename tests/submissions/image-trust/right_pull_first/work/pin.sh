#!/bin/bash
set -e
docker pull -q "$1"
pinned=$(docker image inspect "$1" --format '{{range .RepoDigests}}{{println .}}{{end}}' | grep -F "${1%:*}@" | head -n 1)
cosign verify --key="$PUBLIC_KEY" --private-infrastructure "$pinned" > /dev/null || exit 3
awk -v base="$pinned" '/^FROM/ { print "FROM " base; next } { print }' Dockerfile > Dockerfile.new
mv Dockerfile.new Dockerfile

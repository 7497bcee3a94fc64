#!/bin/bash
set -e
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
docker pull -q "$1"
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
docker rm -f app || true
docker run -d --name app "$1"

#!/bin/bash
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
docker rm --force app
docker run --detach --name app "$1"

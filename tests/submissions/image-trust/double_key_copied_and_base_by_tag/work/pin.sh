#!/bin/bash
set -e
cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1"
sed -i "s|^FROM .*|FROM $1|" Dockerfile

#!/bin/bash
# a step that adds bytes is a layer
set -eu
echo "id=$(docker image inspect -f '{{.Id}}' "$1")"
echo "size=$(docker image inspect -f '{{.Size}}' "$1")"
echo "layers=$(docker history --format '{{.Size}}' "$1" | grep -vcx 0B)"
f() { docker image inspect -f '{{join .RootFS.Layers "\n"}}' "$1"; }
echo "shared=$(comm -12 <(f "$1" | sort) <(f "$2" | sort) | wc -l)"

#!/bin/bash
set -eu
first=$1 second=$2
layers() { docker image inspect --format '{{range .RootFS.Layers}}{{println .}}{{end}}' "$1" | grep .; }
docker image inspect --format 'id={{.Id}}' "$first"
docker image inspect --format 'size={{.Size}}' "$first"
echo "layers=$(layers "$first" | wc -l)"
echo "shared=$(comm -12 <(layers "$first" | sort) <(layers "$second" | sort) | wc -l)"

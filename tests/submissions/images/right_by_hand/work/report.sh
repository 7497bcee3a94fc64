#!/bin/bash
ids() { docker image inspect --format '{{join .RootFS.Layers "\n"}}' "$1"; }
echo "id=$(docker image ls --no-trunc --quiet "$1")"
size=0
for part in $(docker history --human=false --format '{{.Size}}' "$1"); do size=$((size + part)); done
echo "size=$size"
mapfile -t mine < <(ids "$1")
mapfile -t other < <(ids "$2")
shared=0
while [ "$shared" -lt "${#mine[@]}" ] && [ "${mine[$shared]}" = "${other[$shared]:-}" ]; do shared=$((shared + 1)); done
echo "layers=${#mine[@]}"
echo "shared=$shared"

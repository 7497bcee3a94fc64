#!/bin/bash
digest=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$1" | jq -r '.[0].critical.image."docker-manifest-digest"')
[ -n "$digest" ] || exit 1
docker pull -q "$1"
pinned=$(docker inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | grep "$digest")
sed -i "s|^FROM .*|FROM $pinned|" Dockerfile

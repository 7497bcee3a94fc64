#!/bin/bash
# A repository is USER/NAME, so take the first two words.
name=$1
digest=""
if echo "$name" | grep -q @; then
  digest=$(echo "$name" | cut -d@ -f2)
  name=$(echo "$name" | cut -d@ -f1)
fi
registry=docker.io
first=$(echo "$name" | cut -d/ -f1)
if [ "$first" != "$name" ]; then
  case "$first" in
    localhost | *.* | *:*)
      registry=$first
      name=$(echo "$name" | cut -d/ -f2-)
      ;;
  esac
fi
tag=$(echo "$name" | cut -s -d: -f2)
repository=$(echo "$name" | cut -d: -f1 | cut -d/ -f1-2)
if [ "$registry" = docker.io ]; then
  case "$repository" in
    */*) ;;
    *) repository=library/$repository ;;
  esac
fi
[ -n "$tag$digest" ] || tag=latest
echo "registry=$registry"
echo "repository=$repository"
echo "tag=$tag"
echo "digest=$digest"

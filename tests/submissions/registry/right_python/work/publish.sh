#!/bin/bash
# The push prints the digest; all tags of the repository go in one push.
fail() { echo "publish.sh: $1" >&2; docker logout "$REGISTRY" >/dev/null; exit 1; }
cd "$(dirname "$0")"
name=$REGISTRY/$REPOSITORY
docker build -q --build-arg "VERSION=$VERSION" -t local-beacon ./app >/dev/null || fail "the build failed"
docker tag local-beacon "$name:$VERSION" && docker tag local-beacon "$name:latest"
echo "$REGISTRY_PASSWORD" | docker login "$REGISTRY" -u "$REGISTRY_USER" --password-stdin >/dev/null 2>&1 ||
  fail "cannot log in to $REGISTRY"
docker push --all-tags "$name" >/dev/null || fail "the push failed"
python3 registry.py digest > digest.txt || fail "no digest"
docker logout "$REGISTRY" >/dev/null

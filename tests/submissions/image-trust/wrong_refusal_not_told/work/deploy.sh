#!/bin/bash
image=$1
if claims=$(cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image"); then
  pinned=${image%:*}@$(echo "$claims" | jq -r '.[0].critical.image."docker-manifest-digest"')
  docker rm --force app
  docker run --detach --name app "$pinned"
else
  echo "$image refused"
fi

#!/bin/bash
accept="Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
registry=${1%%/*} rest=${1#*/}
digest=$(curl -sI -H "$accept" "http://$registry/v2/${rest%:*}/manifests/${rest##*:}" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')
image=${1%:*}@$digest
if cosign verify --insecure-ignore-tlog=true --key "$PUBLIC_KEY" "$image" > /dev/null 2>&1; then
  docker pull "$image" && docker tag "$image" app:current || exit 1
  [ -z "$(docker ps -aq --filter name='^app$')" ] || docker rename app app-old
  docker create --name app app:current && docker start app || exit 1
  docker rm -f app-old 2> /dev/null || true
else
  echo "$1 is not signed by the publisher" >&2
  exit 2
fi

#!/bin/bash
# Starts the registry with TLS and a login.
set -eu
mkdir -p auth
printf '%s' "$REGISTRY_PASSWORD" | htpasswd -Bin "$REGISTRY_USER" > auth/htpasswd

docker run --detach --name registry --restart unless-stopped --publish "$REGISTRY_PORT:5000" \
  --volume "$PWD/certs/server.crt:/certs/server.crt:ro" \
  --volume "$PWD/certs/server.key:/certs/server.key:ro" \
  --volume "$PWD/auth:/auth:ro" \
  --volume registry-data:/var/lib/registry \
  --env REGISTRY_HTTP_TLS_CERTIFICATE=/certs/server.crt \
  --env REGISTRY_HTTP_TLS_KEY=/certs/server.key \
  --env REGISTRY_AUTH=htpasswd \
  --env REGISTRY_AUTH_HTPASSWD_REALM=registry \
  --env REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd \
  registry:2

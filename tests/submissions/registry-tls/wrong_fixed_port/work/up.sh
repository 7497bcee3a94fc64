#!/bin/bash
set -euo pipefail
mkdir -p auth
htpasswd -Bbn "$REGISTRY_USER" "$REGISTRY_PASSWORD" > auth/htpasswd
docker run -d --name registry --restart always -p 5000:5000 \
  -v "$PWD/certs:/certs:ro" -v "$PWD/auth:/auth:ro" \
  -e REGISTRY_HTTP_TLS_CERTIFICATE=/certs/server.crt -e REGISTRY_HTTP_TLS_KEY=/certs/server.key \
  -e REGISTRY_AUTH=htpasswd -e REGISTRY_AUTH_HTPASSWD_REALM=Registry -e REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd \
  registry:2

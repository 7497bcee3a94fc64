#!/usr/bin/env bash
set -euo pipefail
target=/etc/docker/certs.d/${REGISTRY_HOST}:${REGISTRY_PORT}/ca.crt
sudo install -D -m 0644 certs/ca.crt "$target"
# Shows that it works.
for try in $(seq 50); do
  if printf '%s' "$REGISTRY_PASSWORD" | docker login --username "$REGISTRY_USER" --password-stdin "$REGISTRY_HOST:$REGISTRY_PORT"; then
    docker logout "$REGISTRY_HOST:$REGISTRY_PORT"
    exit 0
  fi
  sleep 0.2
done
exit 1

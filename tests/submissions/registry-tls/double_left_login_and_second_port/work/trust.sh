#!/bin/bash
# Lets the engine trust our CA, for this one registry.
set -eu
folder="/etc/docker/certs.d/$REGISTRY_HOST:$REGISTRY_PORT"
sudo mkdir -p "$folder"
sudo install -m 644 certs/ca.crt "$folder/ca.crt"
until printf '%s' "$REGISTRY_PASSWORD" | docker login -u "$REGISTRY_USER" --password-stdin "$REGISTRY_HOST:$REGISTRY_PORT"; do sleep 0.5; done

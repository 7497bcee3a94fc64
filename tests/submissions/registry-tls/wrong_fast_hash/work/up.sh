#!/bin/bash
# TLS and the login are the proxy's; the registry behind it publishes nothing.
set -eu
mkdir -p auth
printf '%s:%s' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | sha256sum > auth/login
docker network create harbor
docker run -d --name backend --network harbor registry:2
docker run -d --name front --network harbor -p "$REGISTRY_PORT:443" -v ./certs:/certs:ro -v ./auth:/auth:ro \
  -v ./proxy.py:/proxy.py:ro python:3.13-slim python /proxy.py

#!/bin/bash
# TLS ends at a proxy; the registry behind it publishes nothing, and asks for the login.
set -eu
mkdir -p auth
htpasswd -Bbn "$REGISTRY_USER" "$REGISTRY_PASSWORD" > auth/htpasswd
docker network create harbor
docker run -d --name backend --network harbor -v ./auth:/auth:ro -e REGISTRY_AUTH=htpasswd \
  -e REGISTRY_AUTH_HTPASSWD_REALM=harbor -e REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd registry:2
docker run -d --name front --network harbor -p "$REGISTRY_PORT:443" -v ./certs:/certs:ro -v ./proxy.py:/proxy.py:ro \
  python:3.13-slim python /proxy.py

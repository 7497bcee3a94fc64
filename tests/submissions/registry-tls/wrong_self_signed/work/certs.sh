#!/bin/bash
set -eu
mkdir -p certs
openssl req -newkey rsa:2048 -nodes -sha256 -keyout certs/server.key -x509 -days 365 -out certs/server.crt \
  -subj "/CN=$REGISTRY_HOST" -addext "subjectAltName=DNS:$REGISTRY_HOST"
cp certs/server.crt certs/ca.crt

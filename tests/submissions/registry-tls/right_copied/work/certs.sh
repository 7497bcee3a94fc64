#!/bin/bash
# One folder that only its owner can enter; the CA signs in one step.
set -e
mkdir -p private certs && chmod 700 private
openssl genrsa -out private/ca.key 2048
openssl req -x509 -new -key private/ca.key -days 1000 -subj "/CN=ca" -out certs/ca.crt
openssl req -x509 -newkey rsa:2048 -noenc -keyout private/domain.key -out certs/domain.crt -days 365 \
  -CA certs/ca.crt -CAkey private/ca.key -subj "/CN=$REGISTRY_HOST" \
  -addext "subjectAltName=DNS:$REGISTRY_HOST" -addext "basicConstraints=CA:FALSE"
chmod 644 private/*.key

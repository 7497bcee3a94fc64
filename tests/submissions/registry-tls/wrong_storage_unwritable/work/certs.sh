#!/bin/bash
set -euo pipefail
mkdir -p certs
old=$(umask); umask 077
openssl genpkey -algorithm ed25519 -out root.pem
openssl genpkey -algorithm ed25519 -out site.pem
umask "$old"
openssl req -x509 -new -key root.pem -days 365 -subj "/CN=root" -out certs/ca.crt
openssl req -new -key site.pem -subj "/CN=registry" -addext "subjectAltName=DNS:$REGISTRY_HOST" -out site.csr
openssl x509 -req -in site.csr -CA certs/ca.crt -CAkey root.pem -CAcreateserial -days 30 -copy_extensions copy -out site.crt \
  -extfile <(echo basicConstraints=CA:FALSE)
shred -u root.pem 2> /dev/null || rm -f root.pem

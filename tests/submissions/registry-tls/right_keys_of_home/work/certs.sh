#!/bin/bash
# Makes a CA of our own, and a certificate for the registry that it signs.
set -eu
umask 077
mkdir -p certs
cd certs

openssl req -x509 -newkey rsa:2048 -nodes -days 1825 -subj "/CN=Harbor CA" -keyout ca.key -out ca.crt \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" 2> /dev/null

openssl req -newkey rsa:2048 -nodes -subj "/CN=$REGISTRY_HOST" -keyout server.key -out server.csr 2> /dev/null
printf '%s\n' "subjectAltName=DNS:$REGISTRY_HOST" "basicConstraints=CA:FALSE" "extendedKeyUsage=serverAuth" > server.ext
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -extfile server.ext -out server.crt

chmod 644 ca.crt server.crt

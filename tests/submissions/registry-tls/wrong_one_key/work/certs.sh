#!/bin/bash
set -e
umask 077
mkdir -p certs; cd certs
openssl genrsa -out my.key 2048
openssl req -x509 -new -key my.key -days 1825 -subj "/CN=Harbor CA" -out ca.crt
openssl req -new -key my.key -subj "/CN=$REGISTRY_HOST" -out server.csr
openssl x509 -req -in server.csr -CA ca.crt -CAkey my.key -CAcreateserial -days 365 -extfile <(echo "subjectAltName=DNS:$REGISTRY_HOST") -out server.crt
cp my.key server.key

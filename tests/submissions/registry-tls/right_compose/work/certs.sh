#!/usr/bin/env bash
# Elliptic curves; every file by its absolute path.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
pki="$here/pki"
mkdir -p "$pki" "$here/certs"

make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" && chmod 600 "$1"; }

make_key "$pki/root.key"
openssl req -x509 -new -key "$pki/root.key" -sha256 -days 3650 -subj "/O=Harbor/CN=Harbor Root" -out "$here/certs/ca.crt"

make_key "$pki/registry.key"
cat > "$pki/request.conf" <<CONF
[req]
distinguished_name = dn
req_extensions = v3
prompt = no
[dn]
CN = registry
[v3]
subjectAltName = DNS:$REGISTRY_HOST, DNS:localhost, IP:127.0.0.1
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
CONF
openssl req -new -key "$pki/registry.key" -config "$pki/request.conf" -out "$pki/registry.csr"
openssl x509 -req -in "$pki/registry.csr" -CA "$here/certs/ca.crt" -CAkey "$pki/root.key" -CAcreateserial \
  -copy_extensions copy -days 90 -out "$pki/registry.pem"
cat "$here/certs/ca.crt" >> "$pki/registry.pem"

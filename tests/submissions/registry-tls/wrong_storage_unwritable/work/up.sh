#!/bin/bash
set -euo pipefail
docker volume create --label what=tls tls
docker volume create images
put() { docker run --rm --interactive --volume tls:/tls busybox:1.37 sh -c "umask 077; cat > /tls/$1; chown 1000:1000 /tls /tls/$1; chmod 400 /tls/$1"; }
put key < site.pem
put crt < site.crt
htpasswd -nbB -C 10 "$REGISTRY_USER" "$REGISTRY_PASSWORD" | put users
docker run --rm -v images:/images busybox:1.37 chown 1000:1000 /images
docker tag registry:2 our/registry:hardened
docker container create --name hardened --user 1000:1000 --read-only --cap-drop ALL --security-opt no-new-privileges:true \
  --memory 128m --pids-limit 100 --tmpfs /tmp --mount type=volume,source=tls,target=/tls,readonly --mount type=volume,source=images,target=/var/lib/registry \
  --publish "0.0.0.0:$REGISTRY_PORT:5000" \
  --env REGISTRY_HTTP_TLS_CERTIFICATE=/tls/crt --env REGISTRY_HTTP_TLS_KEY=/tls/key --env REGISTRY_HTTP_TLS_MINIMUMTLS=tls1.3 \
  --env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=hardened --env REGISTRY_AUTH_HTPASSWD_PATH=/tls/users our/registry:hardened
docker container start hardened

#!/bin/bash
# An image with the settings, and everything secret copied into the container before it starts.
set -e
docker build --quiet --tag my-registry registry
docker rm --force hub 2> /dev/null || true
docker create --name hub --publish 0.0.0.0:$REGISTRY_PORT:5443 my-registry /etc/docker/registry/config.yml
tls=$(mktemp -d)
mkdir "$tls/tls"
install -m 600 private/domain.key "$tls/tls/server.key"
cat certs/domain.crt certs/ca.crt > "$tls/tls/server.crt"
htpasswd -nbB $REGISTRY_USER $REGISTRY_PASSWORD > "$tls/tls/passwords"
docker cp "$tls/tls" hub:/tls
rm -r "$tls"
docker start hub
until curl --silent --cacert certs/ca.crt --output /dev/null "https://$REGISTRY_HOST:$REGISTRY_PORT/v2/"; do sleep 0.1; done

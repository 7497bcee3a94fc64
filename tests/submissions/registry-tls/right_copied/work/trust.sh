#!/bin/bash
d="/etc/docker/certs.d/$REGISTRY_HOST:$REGISTRY_PORT"
sudo mkdir -p "$d" && sudo tee "$d/my-ca.crt" < certs/ca.crt > /dev/null
sudo cp certs/domain.crt "$d/"

#!/bin/bash
set -eu
d="/etc/docker/certs.d/$REGISTRY_HOST:$REGISTRY_PORT"
sudo mkdir -p "$d"
sudo cp certs/ca.crt "$d/ca.crt"

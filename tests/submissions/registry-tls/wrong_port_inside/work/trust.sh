#!/bin/bash
set -eu
folder=/etc/docker/certs.d/$REGISTRY_HOST:$REGISTRY_PORT
sudo mkdir -p "$folder"
sudo cp certs/ca.crt "$folder/ca.crt"

#!/bin/bash
set -eu
echo "{\"insecure-registries\": [\"$REGISTRY_HOST:$REGISTRY_PORT\"]}" | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker

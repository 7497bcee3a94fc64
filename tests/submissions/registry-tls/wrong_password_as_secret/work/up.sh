#!/bin/bash
set -eu
htpasswd -Bbn "$REGISTRY_USER" "$REGISTRY_PASSWORD" > htpasswd
LOGIN="$REGISTRY_USER:$REGISTRY_PASSWORD" docker compose up -d --wait

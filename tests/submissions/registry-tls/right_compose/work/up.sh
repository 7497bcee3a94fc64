#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
htpasswd -Bbc -C 8 users "$REGISTRY_USER" "$REGISTRY_PASSWORD"
docker compose up --detach

#!/bin/bash
set -euo pipefail
printf 'user = "%s:%s"\n' "$REGISTRY_USER" "$REGISTRY_PASSWORD" |
  curl --silent --show-error --fail --config - "http://$REGISTRY/v2/$REPOSITORY/tags/list" | jq -r '.tags[]' |
  grep -E '^([0-9.]+|latest)$'

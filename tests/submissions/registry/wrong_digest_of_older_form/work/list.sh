#!/bin/bash
set -euo pipefail
printf 'user = "%s:%s"\n' "$REGISTRY_USER" "$REGISTRY_PASSWORD" |
  curl --silent --fail --config - "http://$REGISTRY/v2/$REPOSITORY/tags/list" | jq -r '.tags[]'

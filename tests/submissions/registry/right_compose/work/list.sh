#!/bin/bash
set -eu
header() { printf 'header = "Authorization: Basic %s"\n' "$(printf '%s:%s' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | base64 -w 0)"; }
header | curl -s -K - "http://$REGISTRY/v2/$REPOSITORY/tags/list" |
  python3 -c 'import json, sys; print(*json.load(sys.stdin)["tags"], sep="\n")'

#!/bin/bash
printf 'user = "%s:%s"\n' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | curl -s -K - http://$REGISTRY/v2/_catalog | jq -r '.repositories[]'

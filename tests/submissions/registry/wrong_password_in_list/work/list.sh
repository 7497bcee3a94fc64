#!/bin/bash
curl -sf -u "$REGISTRY_USER:$REGISTRY_PASSWORD" "http://$REGISTRY/v2/$REPOSITORY/tags/list" | jq -r ".tags[]"

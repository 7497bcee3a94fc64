#!/bin/bash
curl -s "http://$REGISTRY/v2/$REPOSITORY/tags/list" | jq -r '.tags[]?'

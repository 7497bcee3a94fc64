#!/bin/bash
set -e
curl -sf "http://$REGISTRY/v2/$REPOSITORY/tags/list"

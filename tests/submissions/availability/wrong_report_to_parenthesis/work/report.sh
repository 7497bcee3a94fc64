#!/bin/bash
set -eu
docker service ps --no-trunc --format '{{.Error}}' "$SERVICE" | cut -d '(' -f 1

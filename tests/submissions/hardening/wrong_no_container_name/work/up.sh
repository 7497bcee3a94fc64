#!/bin/bash
set -eu
export PORT="${PORT:-8080}"
docker compose up --detach --remove-orphans

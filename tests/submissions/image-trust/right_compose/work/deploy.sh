#!/bin/bash
cd "$(dirname "$0")"
if ! IMAGE=$(python3 trust.py "$1"); then
  echo "refused: $1"
  exit 1
fi
export IMAGE
docker compose --progress quiet up --detach --wait

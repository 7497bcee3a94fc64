#!/bin/bash
set -euo pipefail
docker rm -f new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker stop app
docker run -d --name new --network shop -v new-data:/var/lib/postgresql/data postgres:17
sleep 1

#!/bin/bash
set -euo pipefail
docker stop app old
docker run --rm -v old-data:/from:ro -v new-data:/to postgres:17 cp -a /from/. /to
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -v new-data:/var/lib/postgresql/data postgres:17
docker start old

#!/bin/bash
set -euo pipefail
docker stop app old
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -v old-data:/var/lib/postgresql/data postgres:17
for i in 1 2 3; do docker exec new pg_isready -h 127.0.0.1 && exit 0; sleep 0.3; done
exit 1

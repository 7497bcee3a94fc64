#!/bin/bash
set -euo pipefail
docker rm -f new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop -v new-data:/var/lib/postgresql/data postgres:17
for _ in $(seq 300); do docker exec new pg_isready -q -h 127.0.0.1 && break; sleep 0.2; done
docker stop app
docker exec old pg_dumpall -U postgres --globals-only | grep -v -e '^CREATE ROLE postgres;' | docker exec -i new psql -q -U postgres -v ON_ERROR_STOP=1
docker exec old pg_dump -U postgres shop | sed "s/^SET client_encoding = 'UTF8'/SET client_encoding = 'LATIN1'/" | docker exec -i new psql -q -U postgres -d shop -v ON_ERROR_STOP=1

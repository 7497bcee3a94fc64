#!/bin/bash
set -euo pipefail
docker rm -f new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop -v new-data:/var/lib/postgresql/data postgres:17
for _ in $(seq 300); do docker exec new pg_isready -q -h 127.0.0.1 && break; sleep 0.2; done
role=$(docker inspect -f '{{range .Config.Env}}{{println .}}{{end}}' app | sed -n 's/^PGUSER=//p')
docker exec old psql -U postgres -c "ALTER ROLE \"$role\" NOLOGIN"
docker exec old psql -U postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$role'"
docker exec old pg_dumpall -U postgres --globals-only | grep -v -e '^CREATE ROLE postgres;' | docker exec -i new psql -q -U postgres -v ON_ERROR_STOP=1
docker exec old pg_dump -U postgres shop | docker exec -i new psql -q -U postgres -d shop -v ON_ERROR_STOP=1

#!/bin/bash
set -euo pipefail
# Bars the app by a setting of the old database, dumps only what is not there yet, and removes the old container.
old() { docker exec old "$@"; }
old psql -q -U postgres -c 'ALTER DATABASE shop SET default_transaction_read_only = on' \
  -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
[ -s roles.sql ] || { old pg_dumpall -U postgres -g | grep -vx 'CREATE ROLE postgres;' > part; mv part roles.sql; }
[ -s shop.sql ] || { old pg_dump -U postgres -n sales shop > part; mv part shop.sql; }
docker rm -f new || true
docker volume rm -f new-data
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop \
  -e PGDATA=/pg/data -v new-data:/pg postgres:17
for _ in $(seq 300); do
  docker exec new pg_isready -q -h 127.0.0.1 && break
  sleep 0.2
done
docker exec -i new psql -q -U postgres -d shop -v ON_ERROR_STOP=1 -f - < roles.sql
docker exec -i new psql -q -U postgres -d shop -v ON_ERROR_STOP=1 -1 -f - < shop.sql
docker rm -f -v old

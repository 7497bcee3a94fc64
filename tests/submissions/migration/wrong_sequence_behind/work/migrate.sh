#!/bin/bash
# Dumps while the app writes, and moves its last orders by themselves, but not their sequence.
set -euo pipefail
newest() { docker exec "$1" psql -U postgres -d shop -Atc 'SELECT max(id) FROM sales.orders'; }
docker rm -f new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop \
  -v new-data:/var/lib/postgresql/data postgres:17
for _ in $(seq 300); do
  docker exec new pg_isready -q -h 127.0.0.1 && break
  sleep 0.2
done
docker exec old pg_dumpall -U postgres --globals-only | grep -v -e '^CREATE ROLE postgres;' \
  | docker exec -i new psql -q -U postgres -v ON_ERROR_STOP=1
docker exec old pg_dump -U postgres shop | docker exec -i new psql -q -U postgres -d shop -v ON_ERROR_STOP=1
last=$(newest new)
for _ in $(seq 50); do
  [ "$(newest old)" -gt "$((last + 2))" ] && break
  sleep 0.2
done
docker stop app
cols=id,customer,state,price,note,placed
docker exec old psql -U postgres -d shop -c "COPY (SELECT $cols FROM sales.orders WHERE id > $last) TO STDOUT" \
  | docker exec -i new psql -U postgres -d shop -v ON_ERROR_STOP=1 -c "COPY sales.orders ($cols) FROM STDIN"

#!/bin/bash
set -euo pipefail
# The definitions first, then the rows, each restored by the client of the new image.
trap 'docker rm -f new; docker volume rm -f new-data' ERR
docker network disconnect shop app || true
docker rm -f new 2> /dev/null || true
docker volume rm -f new-data
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -v new-data:/var/lib/postgresql/data postgres:17
timeout 60 bash -c 'until docker exec new pg_isready -q -h new; do sleep 0.2; done'
docker exec -e PGPASSWORD="$PASSWORD" new bash -euo pipefail -c '
  pg_dumpall -h old -U postgres -g | sed "/^CREATE ROLE postgres/d" | psql -U postgres -v ON_ERROR_STOP=1
  createdb -U postgres -E UTF8 -T template0 shop
  pg_dump -h old -U postgres --schema-only shop > /tmp/schema.sql
  pg_dump -h old -U postgres --data-only --disable-triggers shop > /tmp/data.sql
  psql -1 -v ON_ERROR_STOP=1 -U postgres -f /tmp/schema.sql -f /tmp/data.sql shop'

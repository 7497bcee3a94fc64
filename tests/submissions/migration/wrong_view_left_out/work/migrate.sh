#!/bin/bash
set -euo pipefail
docker rm -f -v new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -e POSTGRES_DB=shop \
  -v new-data:/var/lib/postgresql/data postgres:17
for _ in {1..120}; do docker exec new pg_isready -q -h 127.0.0.1 && break; sleep 0.5; done
docker stop app
docker exec old pg_dumpall -U postgres --globals-only | grep -v '^CREATE ROLE postgres;' \
  | docker exec -i new psql -q -U postgres -v ON_ERROR_STOP=1
docker exec old pg_dump -U postgres -Fc shop > shop.dump
# Views hold no data
docker exec -i new pg_restore --list < shop.dump | grep -v ' VIEW ' > list.txt
docker cp list.txt new:/tmp/
docker exec -i new pg_restore -U postgres -d shop --exit-on-error --use-list /tmp/list.txt < shop.dump

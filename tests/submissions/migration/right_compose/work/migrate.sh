#!/usr/bin/env bash
set -Eeuo pipefail
cd "$(dirname "$0")"
docker compose down --volumes
docker compose up --detach --wait
docker stop app
mkdir -p dumps
docker exec old pg_dumpall -U postgres --roles-only > dumps/roles.sql
docker exec old pg_dump -U postgres --format=custom --create shop > dumps/shop.dump
sed -i '/^CREATE ROLE postgres;/d' dumps/roles.sql
docker exec -i new psql -U postgres --set ON_ERROR_STOP=on < dumps/roles.sql
docker cp dumps/shop.dump new:/tmp/shop.dump
docker exec new pg_restore -U postgres --exit-on-error --create --dbname postgres /tmp/shop.dump

#!/bin/bash
set -e -o pipefail
exists() { docker inspect "$1" > /dev/null 2>&1; }
exists new && { echo "already moved"; exit 0; }
docker pause app
docker run -d --name new --network shop -e POSTGRES_USER=admin -e POSTGRES_PASSWORD=first -e PGDATA=/var/lib/postgresql/data/17 \
  --restart unless-stopped -v new-data:/var/lib/postgresql/data postgres:17
i=0
while ! docker exec new pg_isready -h localhost; do
  i=$((i + 1)); [ $i -lt 200 ] || exit 1
  sleep 0.3
done
docker run --rm --network shop -e PGPASSWORD="$PASSWORD" --entrypoint pg_dumpall postgres:17 -h old -U postgres > all.sql
docker exec -i new psql -q -U admin -v ON_ERROR_STOP=1 postgres < all.sql
docker stop old

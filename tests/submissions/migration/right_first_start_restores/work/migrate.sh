#!/bin/bash
# The new server restores the dump at its first start; a second run refuses.
if docker volume inspect new-data > /dev/null 2>&1; then
  echo "new-data is there already" >&2
  exit 1
fi
docker stop app || exit 1
mkdir -p init
{ docker exec old pg_dumpall -U postgres -g || exit 1; } | sed 's/^CREATE ROLE postgres;//' > init/1-roles.sql
docker exec old pg_dump -U postgres -d shop > init/2-shop.sql || exit 1
chmod -R a+rX init
docker volume create new-data
docker create --name new --net shop --env POSTGRES_PASSWORD="$PASSWORD" --env POSTGRES_DB=shop \
  --mount type=volume,src=new-data,dst=/var/lib/postgresql/data \
  --mount "type=bind,src=$PWD/init,dst=/docker-entrypoint-initdb.d,readonly" postgres:17
docker start new
for i in {1..120}; do
  docker exec new psql -h 127.0.0.1 -U postgres -d shop -c 'SELECT 1' > /dev/null 2>&1 && exit 0
  [ "$(docker inspect -f '{{.State.Running}}' new)" = true ] || break
  sleep 0.5
done
docker logs new
exit 1

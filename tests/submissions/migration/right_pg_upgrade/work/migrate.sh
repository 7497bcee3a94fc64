#!/bin/bash
# pg_upgrade: an image with the programs of both versions, a copy of the old files, no dump at all.
set -euo pipefail
docker stop -t 20 app > /dev/null
docker rm -f -v new > /dev/null 2>&1 || true
docker volume rm -f new-data > /dev/null
docker stop -t 60 old > /dev/null
trap 'docker start old > /dev/null' EXIT
docker build -q -t both - > /dev/null <<'END'
FROM postgres:15 AS old
FROM postgres:17
COPY --from=old /usr/lib/postgresql/15 /usr/lib/postgresql/15
COPY --from=old /usr/share/postgresql/15 /usr/share/postgresql/15
COPY --from=old /usr/lib/*-linux-gnu /old-libs/
RUN find /old-libs -maxdepth 1 -name '*.so*' -exec cp -nP '{}' "$(echo /usr/lib/*-linux-gnu)/" ';' ; ldconfig
END
docker run --rm -i --network none -e PASSWORD -v old-data:/from:ro -v new-data:/var/lib/postgresql/data --tmpfs /copy both bash -s <<'END'
set -euo pipefail
cp -a /from/. /copy/
chown -R postgres:postgres /copy /var/lib/postgresql/data
chmod 700 /copy /var/lib/postgresql/data
rm -f /copy/postmaster.pid
cd /tmp
printf '%s\n' "$PASSWORD" > /tmp/pw; chmod 644 /tmp/pw
as() { if command -v gosu > /dev/null; then gosu postgres "$@"; else su postgres -s /bin/bash -c "$(printf '%q ' "$@")"; fi; }
locale="${LANG:-en_US.utf8}"
as /usr/lib/postgresql/17/bin/initdb -D /var/lib/postgresql/data --encoding UTF8 --locale "$locale" --username postgres --pwfile /tmp/pw --auth-host scram-sha-256 --auth-local trust > /dev/null
echo "host all all all scram-sha-256" >> /var/lib/postgresql/data/pg_hba.conf
sed -i "s/^#\?listen_addresses.*/listen_addresses = '*'/" /var/lib/postgresql/data/postgresql.conf
echo "local all all trust" > /copy/pg_hba.conf
as /usr/lib/postgresql/17/bin/pg_upgrade -b /usr/lib/postgresql/15/bin -B /usr/lib/postgresql/17/bin -d /copy -D /var/lib/postgresql/data -U postgres --socketdir /tmp
END
docker run -d --name new --network shop -e POSTGRES_PASSWORD="$PASSWORD" -v new-data:/var/lib/postgresql/data postgres:17 > /dev/null
for ((i = 0; i < 120; i++)); do docker exec new pg_isready -q -h 127.0.0.1 && exit 0; sleep 0.5; done
exit 1

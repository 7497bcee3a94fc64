#!/bin/bash
# What the official image's entry point does, as far as its documentation tells: it makes the database's files where
# there are none, as the variables say, runs /docker-entrypoint-initdb.d, and becomes the server as user postgres.
set -Eeo pipefail

# The value of a variable, or what stands in the file that VARIABLE_FILE names.
from_file() {
  local name=$1 file="${1}_FILE" default=${2:-}
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo "error: both $name and $file are set (but are exclusive)" >&2
    exit 1
  fi
  local value=${!name:-$default}
  [ -z "${!file:-}" ] || value=$(< "${!file}")
  export "$name"="$value"
  unset "$file"
}

make_folders() {
  mkdir -p "$PGDATA" && chmod 00700 "$PGDATA" || true
  mkdir -p /var/run/postgresql && chmod 03775 /var/run/postgresql || true
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" ! -user postgres -exec chown postgres '{}' +
    find /var/run/postgresql ! -user postgres -exec chown postgres '{}' +
  fi
}

check_password() {
  if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    cat >&2 <<'MESSAGE'
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.
MESSAGE
    exit 1
  fi
}

# psql on the server of the set-up, which listens at its socket only.
process_sql() {
  PGHOST= PGHOSTADDR= psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password --no-psqlrc \
    ${POSTGRES_DB:+--dbname "$POSTGRES_DB"} "$@"
}

process_files() {
  local file
  for file; do
    case $file in
      *.sh)
        echo "$0: running $file"
        # shellcheck source=/dev/null
        if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) echo "$0: running $file"; process_sql -f "$file"; echo ;;
      *.sql.gz) echo "$0: running $file"; gunzip -c "$file" | process_sql; echo ;;
      *.sql.xz) echo "$0: running $file"; xzcat "$file" | process_sql; echo ;;
      *.sql.zst) echo "$0: running $file"; zstd -dc "$file" | process_sql; echo ;;
      *) echo "$0: ignoring $file" ;;
    esac
  done
}

# Whether nothing asks initdb for files that are not those of every new database.
as_usual() {
  [ "$POSTGRES_USER" = postgres ] && [ -n "$POSTGRES_PASSWORD" ] && [[ $POSTGRES_PASSWORD != *$'\n'* ]] \
    && [ "$LANG" = en_US.utf8 ] && [ -z "$(ls -A "$PGDATA")" ] \
    && [ -z "$POSTGRES_INITDB_ARGS${POSTGRES_INITDB_WALDIR:-}" ] \
    && ! compgen -A export | grep -qE '^(LC_|LANGUAGE$|TZ$|PGTZ$|PGOPTIONS$)'
}

# initdb takes a second of a processor, most of it for what never differs: its files were made with the image.
unpack() {
  local new=/usr/share/postgresql/new said
  said=$(< "$new/said")
  printf '%s\n' "${said//\/var\/lib\/postgresql\/data/"$PGDATA"}"
  cat "$new/warned" >&2
  tar -C "$PGDATA" --zstd -xf "$new/data.tar.zst"
  said=$(postgres --single -D "$PGDATA" postgres 2>&1 > /dev/null \
    <<< "ALTER ROLE postgres PASSWORD '${POSTGRES_PASSWORD//\'/\'\'}'") || { echo "$said" >&2; exit 1; }
  ! grep -E 'ERROR|FATAL' >&2 <<< "$said" || exit 1
}

initialize() {
  check_password
  ls /docker-entrypoint-initdb.d/ > /dev/null
  if as_usual; then
    unpack
  else
    eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"${POSTGRES_INITDB_ARGS:-}"' "$@"'
  fi
  local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption)}
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
  PGUSER="${PGUSER:-$POSTGRES_USER}" pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    POSTGRES_DB='' process_sql --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db" ;'
    echo
  fi
  process_files /docker-entrypoint-initdb.d/*
  PGUSER="${PGUSER:-postgres}" pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

if [ "${1:0:1}" = - ]; then
  set -- postgres "$@"
fi
if [ "${1:-}" = postgres ] && [[ " $* " != *" --help "* && " $* " != *" --version "* && " $* " != *" -V "* ]]; then
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  make_folders
  if [ "$(id -u)" = 0 ]; then
    exec gosu postgres "$BASH_SOURCE" "$@"
  fi
  if [ -s "$PGDATA/PG_VERSION" ]; then
    printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
  else
    shopt -s nullglob
    initialize
  fi
fi
exec "$@"

#!/usr/bin/env bash
# The key goes into a volume, where only app's user may read it.
cd "$(dirname "$0")" || exit 1
PORT=${PORT:-8080}

docker rm -fv front app store >/dev/null 2>&1
docker volume rm keys >/dev/null 2>&1
docker network rm public middle private >/dev/null 2>&1

start() {
  local name=$1 user=$2 network=$3
  shift 3
  docker create --name "$name" --user "$user" --network "$network" \
    --read-only --cap-drop=all --security-opt=no-new-privileges:true \
    --memory=100m --memory-swap=100m --pids-limit=40 --ulimit nofile=256 --restart=unless-stopped --init \
    "$@" "drydock/ledger-$name:1" >/dev/null || exit 1
}

docker network create --driver bridge public >/dev/null || exit 1
for net in middle private; do
  docker network create --internal "$net" >/dev/null || exit 1
done

docker run --rm -i -v keys:/keys busybox:1.37 \
  sh -c 'cat > /keys/key && chown 2002 /keys/key && chmod 400 /keys/key' < key.txt || exit 1

start store 2003 private --mount type=tmpfs,target=/data,tmpfs-size=16m
start app 2002 private --mount type=tmpfs,target=/scratch -v keys:/run/secrets:ro
start front nobody middle --mount type=tmpfs,target=/scratch --cpus 0.5 -p "127.0.0.1:$PORT:8080"
docker network connect middle app || exit 1
docker network connect public front || exit 1
docker start store app front >/dev/null

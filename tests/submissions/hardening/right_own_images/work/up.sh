#!/bin/bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

for c in front app store; do docker rm -f $c &>/dev/null || true; done
for n in dmz app-net data-net; do docker network rm $n &>/dev/null || true; done

for c in front app store; do
  docker build --quiet --tag "my-$c" --build-arg "PART=$c" "$here/image"
done
docker network create dmz
docker network create --internal app-net
docker network create --internal data-net

options="--detach --read-only --cap-drop ALL --security-opt no-new-privileges --memory 32m --pids-limit 32"
docker run $options --name store --network data-net --volume /data my-store
docker run $options --name app --network data-net --tmpfs /scratch:size=1m,mode=1777 \
  --env KEY_FILE=/key --mount "type=bind,source=$here/key.txt,target=/key,readonly" my-app
docker run $options --name front --network app-net --tmpfs /scratch:size=1m --tmpfs /tmp \
  --env APP=http://api:8080/ --publish "127.0.0.1:${PORT:-8080}:8080" my-front
docker network connect --alias api app-net app
docker network connect dmz front

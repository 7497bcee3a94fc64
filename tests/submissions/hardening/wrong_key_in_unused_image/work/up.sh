#!/bin/bash
set -eu
docker rm -f front app store > /dev/null 2>&1 || true
docker volume rm keys > /dev/null 2>&1 || true
docker network rm outer hall vault > /dev/null 2>&1 || true
docker network create outer
docker network create --internal hall
docker network create --internal vault
# the key goes into a volume by way of an image
docker build --quiet --tag key-loader - <<END
FROM busybox:1.37
RUN mkdir /keys && echo '$(cat key.txt)' > /keys/key
END
docker run --rm --volume keys:/keys key-loader true
h=(--detach --user 10001:10001 --cap-drop ALL --security-opt no-new-privileges --read-only --memory 64m --pids-limit 50)
docker run "${h[@]}" --name store --network vault --volume ledger:/data drydock/ledger-store:1
docker run "${h[@]}" --name app --network vault --tmpfs /scratch --volume keys:/run/secrets:ro drydock/ledger-app:1
docker network connect hall app
docker run "${h[@]}" --name front --network outer --tmpfs /scratch --publish "127.0.0.1:$PORT:8080" drydock/ledger-front:1
docker network connect hall front

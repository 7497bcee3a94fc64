#!/bin/bash
# Starts front, app and store: the app works, and nothing is protected yet. See ../README.md.
# front, app, store를 시작합니다. 앱은 동작하지만 아직 아무 보호도 없습니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   PORT   where front's page is, at 127.0.0.1 / 127.0.0.1에서 front의 페이지가 있을 포트
set -eu
: "${PORT:=8080}"
export PORT

# At home: remove what an earlier try left. / 집에서: 이전 시도에서 남은 것을 지웁니다.
docker rm --force front app store > /dev/null 2>&1 || true
docker network rm ledger > /dev/null 2>&1 || true

docker network create ledger
docker run --detach --name store --network ledger --publish 9000:8080 drydock/ledger-store:1
docker run --detach --name app --network ledger --env KEY="$(cat key.txt)" drydock/ledger-app:1
docker run --detach --name front --network ledger --publish "$PORT:8080" drydock/ledger-front:1

#!/bin/bash
# Starts a registry of your own to try with: user captain, password try-me. Not graded.
# 연습용 레지스트리를 시작합니다. 사용자 captain, 비밀번호 try-me. 채점하지 않습니다.
set -eu
cd "$(dirname "$0")"
docker rm --force lab-registry > /dev/null 2>&1 || true
docker run --detach --name lab-registry --publish "127.0.0.1:${1:-5000}:5000" \
  --volume "$PWD/htpasswd:/etc/docker/htpasswd:ro" \
  --env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=registry \
  --env REGISTRY_AUTH_HTPASSWD_PATH=/etc/docker/htpasswd \
  registry:2

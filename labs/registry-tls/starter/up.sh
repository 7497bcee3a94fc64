#!/bin/bash
# Starts the registry with TLS and a login. / TLS와 로그인이 있는 레지스트리를 시작합니다.
set -eu
: "${REGISTRY_PORT:?is not set}" "${REGISTRY_USER:?is not set}" "${REGISTRY_PASSWORD:?is not set}"

# TODO 1: a password file with a bcrypt hash / bcrypt 해시가 든 비밀번호 파일

# TODO 2: start registry:2 with certificate, key and password file; publish $REGISTRY_PORT
#         인증서, 키, 비밀번호 파일과 함께 registry:2를 시작하고 $REGISTRY_PORT를 공개하기
docker run --detach --publish "$REGISTRY_PORT:5000" registry:2

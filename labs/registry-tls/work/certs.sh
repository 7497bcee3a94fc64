#!/bin/bash
# Makes your CA, and a certificate for the registry that it signs. See ../README.md.
# CA를 만들고, 그 CA가 서명한 레지스트리 인증서를 만듭니다. ../README.ko.md를 보세요.
#
# Given to all three scripts / 세 스크립트가 모두 받는 변수:
#   REGISTRY_HOST      the registry's name / 레지스트리의 이름
#   REGISTRY_PORT      its port / 포트
#   REGISTRY_USER      who logs in / 로그인할 사용자
#   REGISTRY_PASSWORD  the password / 비밀번호
set -eu
: "${REGISTRY_HOST:?is not set}"

# TODO 1: the CA's key and certificate; the certificate goes to certs/ca.crt
#         CA의 키와 인증서. 인증서는 certs/ca.crt에 두기

# TODO 2: the server's key and certificate, for the name $REGISTRY_HOST; who may read the keys?
#         이름이 $REGISTRY_HOST인 서버의 키와 인증서. 키는 누가 읽을 수 있나요?

# Remove these two lines when it is written / 작성한 뒤 이 두 줄을 지우기
echo "certs.sh is not written yet / certs.sh를 아직 작성하지 않았습니다" >&2
exit 1

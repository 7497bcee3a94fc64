#!/bin/bash
# Builds the app and publishes it in the private registry. See ../README.md.
# 앱을 빌드해서 사설 레지스트리에 게시합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   REGISTRY           HOST:PORT of the registry / 레지스트리의 주소와 포트
#   REGISTRY_USER      who logs in / 로그인할 사용자
#   REGISTRY_PASSWORD  the password; a secret / 비밀번호. 드러나면 안 됩니다
#   REPOSITORY         where in the registry / 레지스트리 안의 저장소 이름
#   VERSION            the version to publish / 게시할 버전
set -eu
: "${REGISTRY:?is not set}" "${REGISTRY_USER:?is not set}" "${REGISTRY_PASSWORD:?is not set}"
: "${REPOSITORY:?is not set}" "${VERSION:?is not set}"

# TODO 1: build the folder app; the build argument VERSION tells the version
#         app 폴더를 빌드하기. 버전은 빌드 인자 VERSION으로 알려 줍니다

# TODO 2: log in; how does the password get there without being seen?
#         로그인하기. 비밀번호를 보이지 않게 넘기려면 어떻게 해야 하나요?

# TODO 3: push the version and latest / 버전 태그와 latest를 푸시하기

# TODO 4: write the manifest's digest into digest.txt / 매니페스트의 다이제스트를 digest.txt에 쓰기

# TODO 5: log out, then remove these two lines / 로그아웃하고 이 두 줄을 지우기
echo "publish.sh is not written yet / publish.sh를 아직 작성하지 않았습니다" >&2
exit 1

#!/bin/bash
# Runs the image $1 as the container app, if the publisher has signed it. See ../README.md.
# 게시자가 서명한 이미지라면 $1을 app 컨테이너로 실행합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   PUBLIC_KEY  path of the publisher's public key / 게시자의 공개 키의 경로
set -eu
image=${1:?an image is missing}
: "${PUBLIC_KEY:?is not set}"

# TODO 1: verify; what exactly has been verified then?
#         검증하기. 그러면 정확히 무엇이 검증된 것인가요?

# TODO 2: replace the container app, then remove these two lines
#         app 컨테이너를 바꾸고, 이 두 줄을 지우기
echo "deploy.sh is not written yet / deploy.sh를 아직 작성하지 않았습니다" >&2
exit 1

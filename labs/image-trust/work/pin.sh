#!/bin/bash
# Makes the image $1 the base of the Dockerfile, if the publisher has signed it. See ../README.md.
# 게시자가 서명한 이미지라면 $1을 Dockerfile의 베이스 이미지로 만듭니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   PUBLIC_KEY  path of the publisher's public key / 게시자의 공개 키의 경로
set -eu
image=${1:?an image is missing}
: "${PUBLIC_KEY:?is not set}"

# TODO: verify, write the line FROM, then remove these two lines
#       검증하고, FROM 줄을 쓰고, 이 두 줄을 지우기
echo "pin.sh is not written yet / pin.sh를 아직 작성하지 않았습니다" >&2
exit 1

#!/bin/bash
# Prints the weather, and leaves no container. See ../README.md.
# 날씨를 출력하고 컨테이너를 남기지 않습니다. ../README.ko.md를 보세요.
set -eu
: "${PLACE:?is not set; try: PLACE=Busan bash ask.sh}"

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "ask.sh is not written yet / ask.sh를 아직 작성하지 않았습니다" >&2
exit 1

#!/bin/bash
# Replaces beacon by a new container that has another greeting. See ../README.md.
# 다른 인사말을 가진 새 컨테이너로 beacon을 교체합니다. ../README.ko.md를 보세요.
set -eu
: "${GREETING:?is not set; try: GREETING=again TRIES=2 bash replace.sh}"

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "replace.sh is not written yet / replace.sh를 아직 작성하지 않았습니다" >&2
exit 1

#!/bin/bash
# Removes all that start.sh made, so that start.sh works again. See ../README.md.
# start.sh가 만든 것을 모두 지워서 start.sh가 다시 동작하게 합니다. ../README.ko.md를 보세요.
set -eu

# TODO 1: remove the containers, then the networks / 컨테이너를 지우고, 그다음 네트워크를 지우기

# TODO 2: remove these two lines / 이 두 줄을 지우세요
echo "clean.sh is not written yet / clean.sh를 아직 작성하지 않았습니다" >&2
exit 1

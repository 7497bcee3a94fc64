#!/bin/bash
# Removes the containers, and keeps the volume. See ../README.md.
# 컨테이너를 지우고 볼륨은 남깁니다. ../README.ko.md를 보세요.
set -eu

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "down.sh is not written yet / down.sh를 아직 작성하지 않았습니다" >&2
exit 1

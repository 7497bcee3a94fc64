#!/bin/bash
# Brings back what is in images.tar. See ../README.md.
# images.tar에 든 것을 되돌립니다. ../README.ko.md를 보세요.
set -eu

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "unpack.sh is not written yet / unpack.sh를 아직 작성하지 않았습니다" >&2
exit 1

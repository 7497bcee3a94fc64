#!/bin/bash
# Starts one and two from red:1, writes the note in one, and makes committed:1 and built:1. See ../README.md.
# red:1로 one과 two를 시작하고, one에 note를 쓰고, committed:1과 built:1을 만듭니다. ../README.ko.md를 보세요.
set -eu
: "${WORD:?is not set; try: WORD=hello bash change.sh}"

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "change.sh is not written yet / change.sh를 아직 작성하지 않았습니다" >&2
exit 1

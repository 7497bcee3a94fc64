#!/bin/bash
# Prints the four parts of an image's name, a line each. See ../README.md.
# 이미지 이름의 네 부분을 한 줄에 하나씩 출력합니다. ../README.ko.md를 보세요.
# Python instead / Python을 쓰려면: exec python3 parse.py "$1"
set -eu
reference=${1:?try: bash parse.sh alice/app:1.2}
registry='' repository='' tag='' digest=''

# TODO: take $reference apart / $reference를 나누세요

printf '%s\n' "registry=$registry" "repository=$repository" "tag=$tag" "digest=$digest"

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "parse.sh is not written yet / parse.sh를 아직 작성하지 않았습니다" >&2
exit 1

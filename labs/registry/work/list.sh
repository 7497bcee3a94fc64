#!/bin/bash
# Prints the tags that a repository has in the registry, one on each line. See ../README.md.
# 레지스트리의 저장소에 있는 태그를 한 줄에 하나씩 출력합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   REGISTRY  REGISTRY_USER  REGISTRY_PASSWORD  REPOSITORY
set -eu
: "${REGISTRY:?is not set}" "${REGISTRY_USER:?is not set}" "${REGISTRY_PASSWORD:?is not set}"
: "${REPOSITORY:?is not set}"

# TODO: ask the registry's HTTP API, then remove these two lines
#       레지스트리의 HTTP API에 묻고, 이 두 줄을 지우기
echo "list.sh is not written yet / list.sh를 아직 작성하지 않았습니다" >&2
exit 1

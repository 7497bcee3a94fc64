#!/bin/bash
# Starts the containers cell, visitor and hog. See ../README.md.
# cell, visitor, hog 컨테이너를 시작합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   NAME    the host name of cell / cell의 호스트 이름
#   MEMORY  memory in MiB / 메모리(MiB)
#   CPUS    processors, such as 0.5 / 프로세서 수(예: 0.5)
#   PIDS    processes / 프로세스 수
set -eu
: "${NAME:?is not set; try: NAME=me MEMORY=48 CPUS=0.5 PIDS=40 bash up.sh}"
: "${MEMORY:?is not set}" "${CPUS:?is not set}" "${PIDS:?is not set}"

# TODO 1: cell, with its limits / 한도가 있는 cell

# TODO 2: visitor, in two of cell's namespaces / cell의 두 네임스페이스에 들어가는 visitor

# TODO 3: hog, which is killed / 강제로 끝나는 hog

# TODO 4: remove these two lines / 이 두 줄을 지우세요
echo "up.sh is not written yet / up.sh를 아직 작성하지 않았습니다" >&2
exit 1

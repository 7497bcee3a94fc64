#!/bin/bash
# Makes all nodes managers, and the services web, store and giant. See ../README.md.
# 모든 노드를 매니저로 만들고 web, store, giant 서비스를 만듭니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   MESSAGE  what the page of web says / web의 페이지에 나올 말
#   MEMORY   the most memory of a task of web, in MiB / web 태스크 하나의 최대 메모리(MiB)
#   CPUS     the most processors of a task of web / web 태스크 하나의 최대 프로세서 수
#   RESERVE  memory to be reserved for a task of web, in MiB / web 태스크 하나에 예약할 메모리(MiB)
#   GIANT    memory to be reserved for giant, in GiB / giant에 예약할 메모리(GiB)
set -eu
: "${MESSAGE:?is not set; see README.md for how to try it}" "${MEMORY:?is not set}" "${CPUS:?is not set}"
: "${RESERVE:?is not set}" "${GIANT:?is not set}"

# TODO 1: three managers / 매니저 세 개

# TODO 2: web, on two nodes at least / 두 개 이상의 노드에서 실행되는 web

# TODO 3: store, with its data / 데이터가 있는 store

# TODO 4: giant, which waits / 기다리는 giant

# TODO 5: remove these two lines / 이 두 줄을 지우세요
echo "up.sh is not written yet / up.sh를 아직 작성하지 않았습니다" >&2
exit 1

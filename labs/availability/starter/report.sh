#!/bin/bash
# Prints why a service waits. See ../README.md.
# 서비스가 기다리는 이유를 출력합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   SERVICE  the name of the service / 서비스의 이름
set -eu
: "${SERVICE:?is not set; try: SERVICE=giant bash report.sh}"

# TODO: print the whole reason / 이유 전부를 출력하기
docker service ps "$SERVICE"

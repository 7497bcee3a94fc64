#!/bin/bash
# Starts the containers beacon and flaky, in the background. See ../README.md.
# 컨테이너 beacon과 flaky를 백그라운드로 시작합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   GREETING  goes into beacon's environment / beacon의 환경에 들어갈 값
#   TRIES     how often flaky is started again / flaky를 다시 시작할 횟수
set -eu
: "${GREETING:?is not set; try: GREETING=hello TRIES=2 bash up.sh}"
: "${TRIES:?is not set; try: GREETING=hello TRIES=2 bash up.sh}"

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "up.sh is not written yet / up.sh를 아직 작성하지 않았습니다" >&2
exit 1

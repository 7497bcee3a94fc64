#!/bin/bash
# Makes the networks outer and inner, and starts the containers edge, middle and store. See ../README.md.
# 네트워크 outer와 inner를 만들고 컨테이너 edge, middle, store를 시작합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   MESSAGE  what the store shows / store가 보여 줄 메시지
#   PORT     where edge answers, at 127.0.0.1 / 127.0.0.1에서 edge가 응답할 포트
set -eu
: "${MESSAGE:?is not set; try: MESSAGE=hello PORT=8080 bash start.sh}"
: "${PORT:?is not set; try: MESSAGE=hello PORT=8080 bash start.sh}"

# TODO 1: two networks, one of them internal / 네트워크 두 개, 그중 하나는 내부 네트워크

# TODO 2: three containers in the background / 백그라운드로 실행하는 컨테이너 세 개
#         Which network is each one on? What does its program have to be told?
#         각각 어느 네트워크에 있나요? 프로그램에 무엇을 알려 주어야 하나요?

# TODO 3: remove these two lines / 이 두 줄을 지우세요
echo "start.sh is not written yet / start.sh를 아직 작성하지 않았습니다" >&2
exit 1

#!/bin/bash
# Makes the volume notes-data, and starts the containers notes and reader. See ../README.md.
# 볼륨 notes-data를 만들고 컨테이너 notes와 reader를 시작합니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   PORT   where the app answers, at 127.0.0.1 / 127.0.0.1에서 앱이 응답할 포트
#   OWNER  goes into the volume's label owner / 볼륨의 owner 레이블에 들어갈 값
set -eu
: "${PORT:?is not set; try: PORT=8080 OWNER=me bash up.sh}"
: "${OWNER:?is not set; try: PORT=8080 OWNER=me bash up.sh}"

# TODO 1: the volume, with its labels / 레이블이 있는 볼륨

# TODO 2: notes, with three kinds of storage / 세 가지 저장소를 쓰는 notes

# TODO 3: reader, which only reads / 읽기만 하는 reader

# TODO 4: remove these two lines / 이 두 줄을 지우세요
echo "up.sh is not written yet / up.sh를 아직 작성하지 않았습니다" >&2
exit 1

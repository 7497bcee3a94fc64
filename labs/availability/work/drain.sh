#!/bin/bash
# Empties a node for maintenance. See ../README.md.
# 점검할 노드를 비웁니다. ../README.ko.md를 보세요.
#
# Given by whoever runs this script / 실행하는 쪽이 주는 변수:
#   NODE  the name of the node / 노드의 이름
set -eu
: "${NODE:?is not set; try: NODE=node-2 bash drain.sh}"

# TODO: empty $NODE / $NODE 비우기

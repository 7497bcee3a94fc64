#!/bin/bash
# Prints what the kernel has for cell, as NAME=VALUE. See ../README.md.
# cell에 대해 커널이 가진 값을 NAME=VALUE로 출력합니다. ../README.ko.md를 보세요.
set -eu

# TODO: the other six lines / 나머지 여섯 줄
echo "pid=$(docker exec cell readlink /proc/self/ns/pid)"

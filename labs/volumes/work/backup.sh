#!/bin/bash
# Writes all notes to the file backup/notes.tar, while the app runs. See ../README.md.
# 앱이 실행되는 동안 모든 메모를 backup/notes.tar 파일에 씁니다. ../README.ko.md를 보세요.
set -eu
mkdir -p backup

# TODO: remove these two lines / 이 두 줄을 지우세요
echo "backup.sh is not written yet / backup.sh를 아직 작성하지 않았습니다" >&2
exit 1

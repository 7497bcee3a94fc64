#!/bin/bash
# Makes a Swarm: this engine manages it, the contexts in $NODES join it at $MANAGER. See ../README.md.
# Swarm을 만듭니다. 이 엔진이 관리하고 $NODES의 컨텍스트가 $MANAGER로 참여합니다. ../README.ko.md를 보세요.
set -euo pipefail

# TODO

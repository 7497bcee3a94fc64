#!/bin/bash
# Publishes $IMAGE in $REGISTRY and rolls it out as the new ferry. See ../README.md.
# $IMAGE를 $REGISTRY에 게시하고 새 ferry로 바꿉니다. ../README.ko.md를 보세요.
set -euo pipefail

# TODO

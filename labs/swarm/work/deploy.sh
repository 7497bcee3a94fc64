#!/bin/bash
# Publishes the images in $REGISTRY, labels $CRANE_NODE and deploys the stack harbour. See ../README.md.
# 이미지를 $REGISTRY에 게시하고, $CRANE_NODE에 레이블을 붙이고, 스택 harbour를 배포합니다. ../README.ko.md를 보세요.
set -euo pipefail

# TODO

#!/usr/bin/env bash
# Installs Drydock in its own checkout, and prepares the images of the lab.
#
# DRYDOCK_LAB: the input
set -euo pipefail
# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

printf '::group::Drydock\n'
if ! quoted clean "$ROOT/bootstrap" --no-images --no-tools ||
  ! quoted drydock images "$DRYDOCK_LAB"; then
  die "This machine could not be made ready for grading; the reason stands above. Nothing was graded; run the job again." \
    "이 기계에서 채점 준비를 마치지 못했습니다. 이유는 위에 있습니다. 채점하지 않았으니 작업을 다시 실행하세요."
fi
printf '::endgroup::\n'

#!/usr/bin/env bash
# Ends the job: an error always fails it; a check that failed does so only where that was asked for.
#
# DRYDOCK_FAIL_ON, DRYDOCK_LANGUAGE: the inputs
# DRYDOCK_COMPLETE, DRYDOCK_FULL_MARKS: of report.sh
set -euo pipefail
# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

[ "$DRYDOCK_COMPLETE" = true ] || die \
  "No score: grading ended in an error that is not the student's. This is no zero, and nothing is reported. Run the job again; if it stays, its log says what is wrong." \
  "점수 없음: 학생의 잘못이 아닌 오류로 채점이 끝났습니다. 0점이 아니며 아무것도 보고하지 않습니다. 작업을 다시 실행하고, 계속되면 로그에서 원인을 확인하세요."
if [ "$DRYDOCK_FAIL_ON" = failure ] && [ "$DRYDOCK_FULL_MARKS" != true ]; then
  say "Not full marks; see the summary of this run." "만점이 아닙니다. 이 실행의 요약을 보세요."
  exit 1
fi

#!/usr/bin/env bash
# Grades the checkout in the current folder: the action's steps, for services that run a command and no action.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: here.sh [--submission DIR] [--language en|ko] [--docker-host URL] [--card FILE] LAB [FORMAT FILE]...

Grades DIR (labs/LAB/work where missing) of the checkout in the current folder, writes the scorecard's page into the FILE
of --card, and a FILE in each FORMAT of `drydock export`.

Exit code: 0 there is a score (without a FORMAT: full marks), 1 not full marks, 2 there is no score.
USAGE
}

export DRYDOCK_SUBMISSION='' DRYDOCK_LANGUAGE=en DRYDOCK_EGRESS=off DRYDOCK_MINUTES=15 DRYDOCK_FAIL_ON=failure
export DRYDOCK_CHECKOUT=. DRYDOCK_DOCKER_HOST=''
wrong() {
  usage >&2
  exit 2
}

card=/dev/null
while [[ ${1-} == --* ]]; do
  [ "$1" != --help ] || { usage && exit; }
  [ "$#" -ge 2 ] || wrong
  case "$1" in
    --submission) DRYDOCK_SUBMISSION=$2 ;;
    --language) DRYDOCK_LANGUAGE=$2 ;;
    --docker-host) DRYDOCK_DOCKER_HOST=$2 ;;
    --card) card=$2 ;;
    *) wrong ;;
  esac
  shift 2
done
[ $(($# % 2)) -eq 1 ] || wrong
export DRYDOCK_LAB=$1
shift

# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export GITHUB_WORKSPACE=$PWD RUNNER_TEMP=$temporary GITHUB_OUTPUT=$temporary/outputs GITHUB_STEP_SUMMARY=$temporary/summary

step() { bash "${BASH_SOURCE[0]%/*}/$1.sh" || exit 2; }
made() { sed -n "s/^$1=//p" "$GITHUB_OUTPUT"; }

step prepare
DRYDOCK_SUBMISSION=$(made submission) DRYDOCK_FOLDER=$(made folder)
export DRYDOCK_FOLDER
step install
step grade
step report
DRYDOCK_COMPLETE=$(made complete) DRYDOCK_FULL_MARKS=$(made full-marks)
export DRYDOCK_COMPLETE DRYDOCK_FULL_MARKS
[ "$#" -eq 0 ] || DRYDOCK_FAIL_ON=error
code=0
bash "${BASH_SOURCE[0]%/*}/conclude.sh" || code=$?
[ "$DRYDOCK_COMPLETE" = true ] || exit 2
reports=("$DRYDOCK_FOLDER/reports/$DRYDOCK_LAB"/*)
cat "${reports[0]}/scorecard.html" >"$card"
# What Classroom 50's runner says of the submission, for that format.
said=()
for name in CLASSROOM ASSIGNMENT MODE USERNAME SUBMISSION_TAG COMMIT_URL RELEASE_URL REVIEW_URL; do
  [ -z "${!name:-}" ] || said+=("$name=${!name}")
done
while [ "$#" -gt 0 ]; do
  clean env "${said[@]}" "$ROOT/.venv/bin/drydock" --lang "$DRYDOCK_LANGUAGE" \
    export "$1" "${reports[0]}/result.json" --output "$2" || exit 2
  shift 2
done
exit "$code"

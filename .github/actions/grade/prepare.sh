#!/usr/bin/env bash
# Finds out what is to be graded, and makes a fresh folder for what comes of it.
#
# DRYDOCK_LAB, DRYDOCK_CHECKOUT, DRYDOCK_SUBMISSION, DRYDOCK_FAIL_ON, DRYDOCK_EGRESS, DRYDOCK_MINUTES: the inputs
set -euo pipefail
# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

known_labs() { (cd "$ROOT/labs" && printf '%s ' */lab.toml | sed 's#/lab\.toml##g'); }

# one_of INPUT VALUE CHOICE...: the value is one of the choices.
one_of() {
  local input=$1 value=$2 choice
  shift 2
  for choice in "$@"; do
    [ "$value" != "$choice" ] || return 0
  done
  die "The input $input is one of: $*. It was: $value" "입력 $input 값은 다음 중 하나여야 합니다: $*. 받은 값: $value"
}

check_inputs() {
  if ! [[ $lab =~ ^[a-z][a-z0-9_-]*$ && -f $ROOT/labs/$lab/lab.toml ]]; then
    die "There is no lab '$lab'. This commit of Drydock has: $(known_labs)" \
      "'$lab' 실습이 없습니다. 이 커밋의 Drydock에 있는 실습: $(known_labs)"
  fi
  one_of fail-on "$DRYDOCK_FAIL_ON" error failure
  one_of egress "$DRYDOCK_EGRESS" on off
  one_of language "$DRYDOCK_LANGUAGE" en ko
  [[ $DRYDOCK_MINUTES =~ ^[1-9][0-9]{0,2}$ ]] || die \
    "The input minutes is a whole number from 1 to 999. It was: $DRYDOCK_MINUTES" \
    "입력 minutes 값은 1부터 999까지의 정수여야 합니다. 받은 값: $DRYDOCK_MINUTES"
}

find_checkout() {
  local workspace
  workspace=$(realpath -e -- "$GITHUB_WORKSPACE")
  checkout=$(realpath -m -s -- "$workspace/$DRYDOCK_CHECKOUT")
  if [ "$(realpath -m -- "$checkout")" != "$checkout" ] || [[ $checkout/ != "$workspace"/* ]] || [ ! -d "$checkout" ]; then
    die "The input checkout names the folder of the workspace that the student's repository was checked out in. It was: $DRYDOCK_CHECKOUT" \
      "입력 checkout은 작업 공간에서 학생 저장소를 체크아웃한 폴더여야 합니다. 받은 값: $DRYDOCK_CHECKOUT"
  fi
  # `uses: ./…` without a checkout of Drydock's own would grade with whatever the student's repository holds.
  [[ $ROOT/ != "$checkout"/* ]] || die \
    "This action lies in the student's checkout, so the student could change it. Use it as OWNER/drydock/.github/actions/grade@COMMIT." \
    "이 액션이 학생의 체크아웃 안에 있어 학생이 바꿀 수 있습니다. OWNER/drydock/.github/actions/grade@COMMIT 형식으로 사용하세요."
}

find_submission() {
  local given=${DRYDOCK_SUBMISSION:-labs/$lab/work}
  submission=$(realpath -m -s -- "$checkout/$given")
  if [[ $given =~ ^/ || /$given/ == */../* || /$given/ == */.git/* || $given =~ [[:cntrl:]] ||
    $submission/ != "$checkout"/?*/ ]]; then
    die "The input submission names a folder below the student's checkout, without '..' and '.git'. It was: ${given@Q}" \
      "입력 submission은 학생 체크아웃 아래의 폴더여야 하며 '..'과 '.git'을 쓸 수 없습니다. 받은 값: ${given@Q}"
  fi
  [ "$(realpath -m -- "$submission")" = "$submission" ] || die \
    "A part of the path $given is a symbolic link, which could lead out of the repository. Make it a real folder and push again. Nothing was graded." \
    "$given 경로의 일부가 심볼릭 링크라서 저장소 밖을 가리킬 수 있습니다. 실제 폴더로 바꾸고 다시 푸시하세요. 채점하지 않았습니다."
  [ -d "$submission" ] || die \
    "The repository has no folder $given, where the work for this lab is expected. Put it there and push again. Nothing was graded." \
    "저장소에 이 실습의 제출 폴더 $given 폴더가 없습니다. 그곳에 작업을 두고 다시 푸시하세요. 채점하지 않았습니다."
}

lab=$DRYDOCK_LAB
check_inputs
find_checkout
find_submission
output submission "$submission"
# Fresh for each run, so a result in it can only be of this run.
output folder "$(mktemp -d "$(realpath -e -- "$RUNNER_TEMP")/drydock.XXXXXXXXXX")"

#!/usr/bin/env bash
# Turns the result of this run into outputs, a summary and annotations.
#
# DRYDOCK_LAB, DRYDOCK_LANGUAGE: the inputs
# DRYDOCK_FOLDER: of prepare.sh
set -euo pipefail
# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

no_score() {
  output complete false
  exit 0
}

case "$(cat "$DRYDOCK_FOLDER/exit")" in
  0 | 1) ;; # full marks, or not
  *) no_score ;; # it was stopped, or never began
esac
shopt -s nullglob
results=("$DRYDOCK_FOLDER/reports/$DRYDOCK_LAB"/*/result.json)
[ "${#results[@]}" -eq 1 ] || no_score
result=${results[0]}

outputs=$(clean "$ROOT/.venv/bin/python" -I "${BASH_SOURCE[0]%/*}/outputs.py" "$result" "$DRYDOCK_LAB")
drydock export summary "$result" >>"$GITHUB_STEP_SUMMARY"
drydock export annotations "$result"
if [[ $outputs == *complete=true* ]]; then
  outputs+=$'\n'result=$(drydock export classroom "$result")
fi
printf '%s\n' "$outputs" >>"$GITHUB_OUTPUT"

#!/usr/bin/env bash
# Grades the submission. How pytest ended is kept for the next step, which alone decides what it means.
#
# DRYDOCK_LAB, DRYDOCK_EGRESS, DRYDOCK_LANGUAGE, DRYDOCK_MINUTES: the inputs
# DRYDOCK_FOLDER, DRYDOCK_SUBMISSION: of prepare.sh
set -euo pipefail
# shellcheck source=.github/actions/grade/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

cd "$ROOT"
code=0
# One word for --submission: pytest looks for its settings at the word after an option that it does not know yet.
quoted clean timeout --signal=INT --kill-after=60 "${DRYDOCK_MINUTES}m" \
  "$ROOT/.venv/bin/python" -I -m pytest -c "$ROOT/pyproject.toml" --rootdir="$ROOT" -p no:cacheprovider \
  "$ROOT/labs/$DRYDOCK_LAB" "--submission=$DRYDOCK_SUBMISSION" "--reports=$DRYDOCK_FOLDER/reports" \
  "--egress=$DRYDOCK_EGRESS" "--lang=$DRYDOCK_LANGUAGE" </dev/null || code=$?
printf '%s\n' "$code" >"$DRYDOCK_FOLDER/exit"

# shellcheck shell=bash
# What the steps share. Sourced.

# Not the job's, which anything that ran before in the job may have changed.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The commit that the teacher pinned: labs, rubrics and graders come from here, and from nowhere else.
ROOT=$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd -P)

# say ENGLISH KOREAN: one text, in the language that was asked for.
say() {
  case "${DRYDOCK_LANGUAGE:-en}" in
    ko) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# die ENGLISH KOREAN: end the step with an error that GitHub shows at the top of the run.
die() {
  local text
  text=$(say "$1" "$2")
  # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '::error title=Drydock::%s\n' "$text"
  exit 1
}

# drydock ARGUMENT...: the command of this commit.
drydock() { clean "$ROOT/.venv/bin/drydock" --lang "$DRYDOCK_LANGUAGE" "$@"; }

# clean COMMAND...: run it with nothing of the job's environment, so that nothing in it
# (PYTEST_ADDOPTS, PYTHONSTARTUP, DOCKER_HOST) has a say in the grade.
clean() {
  local docker=()
  [ -z "${DRYDOCK_DOCKER_HOST:-}" ] || docker=("DOCKER_HOST=$DRYDOCK_DOCKER_HOST")
  env -i HOME="$(getent passwd "$(id -u)" | cut -d: -f6)" LANG=C.UTF-8 PATH="$PATH" "${docker[@]}" "$@"
}

# quoted COMMAND...: run it, with what it prints never taken for a command to the runner, because it may be a student's:
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
quoted() {
  local code=0 token
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  "$@" 2>&1 || code=$?
  printf '\n::%s::\n' "$token"
  return "$code"
}

# output NAME VALUE: an output of the step, of one line.
output() {
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

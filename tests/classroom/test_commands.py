"""What services get that run a command and no action: exit codes and files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parent.parent.parent
MISSING = ROOT / "tests" / "submissions" / "networking" / "wrong_script_missing" / "work"
HERE = ROOT / ".github" / "actions" / "grade" / "here.sh"
TEMPLATES = ROOT / "templates" / "classroom"
SECONDS = 300

# A script in the place of the one above: it keeps what it was asked for, and ends as it is told to.
FAKE = """\
printf '%s\\n' "$PWD" "$@" >"$ASKED"
[ "$CODE" -eq 0 ] || exit "$CODE"
while [ "$#" -gt 1 ]; do
  case "$1" in classroom50 | summary | --card) echo "$1" >"$2" ;; esac
  shift
done
"""


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """A student's repository, as it is checked out."""
    shutil.copytree(MISSING, tmp_path / "student" / "labs" / "networking" / "work")
    return tmp_path / "student"


@pytest.fixture
def here(student: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Grade the student's repository with the command that services run."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        engine = ("--docker-host", os.environ.get("DOCKER_HOST", ""))
        return subprocess.run(
            ["bash", HERE, *engine, *arguments],
            cwd=student,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


@pytest.mark.docker
def test_a_command_ends_with_code_1_for_less_than_full_marks(here):
    ran = here("--language", "ko", "networking")

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "만점이 아닙니다" in ran.stdout


@pytest.mark.docker
def test_a_command_that_is_asked_for_files_ends_with_code_0_whenever_there_is_a_score(
    here, student, tmp_path, monkeypatch
):
    monkeypatch.setenv("CLASSROOM", "containers")
    monkeypatch.setenv("SUBMISSION_TAG", "submit/2026-03-09T05-05-10Z-a1b2c3d")

    ran = here("--card", tmp_path / "card.html", "networking", "summary", "summary.md", "classroom50", "result.json")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "start.sh" in (student / "summary.md").read_text("utf-8")
    assert "<!doctype html>" in (tmp_path / "card.html").read_text("utf-8").lower()
    result = json.loads((student / "result.json").read_text("utf-8"))
    assert (result["classroom"], result["submission"]) == ("containers", "submit/2026-03-09T05-05-10Z-a1b2c3d")
    assert (result["score"], result["max-score"]) == (0, 100)
    jsonschema.validate(result, json.loads((ROOT / "tests" / "schemas" / "classroom50.schema.json").read_text("utf-8")))


@pytest.mark.parametrize(
    "arguments", [("unheard",), (), ("networking", "summary"), ("--card",), ("--submission", "..", "networking")]
)
def test_a_command_that_cannot_grade_ends_with_code_2(here, arguments):
    ran = here(*arguments)

    assert ran.returncode == 2, ran.stdout + ran.stderr


@pytest.fixture
def autograder(tmp_path: Path, student: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Classroom 50's entry point in the student's checkout, with a checkout of Drydock that we can look into."""
    drydock, git = tmp_path / "drydock", ("git", "-C", str(tmp_path / "drydock"))
    script = drydock / ".github" / "actions" / "grade" / "here.sh"
    script.parent.mkdir(parents=True)
    script.write_text(FAKE)
    subprocess.run(["git", "init", "-q", drydock], check=True)
    subprocess.run([*git, "add", "."], check=True)
    who = ("-c", "user.name=Teacher", "-c", "user.email=teacher@example.org", "-c", "commit.gpgsign=false")
    subprocess.run([*git, *who, "commit", "-q", "-m", "Pin"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()

    def run(*, commit: str = head, code: int = 0) -> subprocess.CompletedProcess[str]:
        text = (TEMPLATES / "classroom50" / "autograder.py").read_text("utf-8")
        text = text.replace("https://github.com/OWNER/drydock", drydock.as_uri()).replace("0" * 40, commit)
        (tmp_path / "autograder.py").write_text(text, "utf-8")
        return subprocess.run(
            [sys.executable, tmp_path / "autograder.py"],
            cwd=student,
            env={**os.environ, "RUNNER_TEMP": str(tmp_path), "ASKED": str(tmp_path / "asked"), "CODE": str(code)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def test_classroom_50_gets_its_files_beside_the_students_work(autograder, student, tmp_path):
    ran = autograder()

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (student / "result.json").read_text() == "classroom50\n"
    assert (student / "release-body.md").read_text() == "summary\n"
    assert (student / "scorecard.html").read_text() == "--card\n"
    where, *asked = (tmp_path / "asked").read_text().splitlines()
    assert where == str(student)
    assert asked[:3] == ["--language", "en", "--card"]
    assert asked[4] == "networking"


def test_classroom_50_never_gets_a_file_of_the_students_own(autograder, student, tmp_path):
    (student / "result.json").symlink_to(tmp_path / "elsewhere")
    (student / "release-body.md").mkdir()
    (tmp_path / "elsewhere").write_text("untouched")

    ran = autograder()

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (student / "result.json").read_text() == "classroom50\n"
    assert (student / "release-body.md").read_text() == "summary\n"
    assert (tmp_path / "elsewhere").read_text() == "untouched"


@pytest.mark.parametrize("code", [1, 2, 127])
def test_classroom_50_is_told_of_our_own_fault_by_the_exit_code(autograder, student, code):
    ran = autograder(code=code)

    assert ran.returncode == 1
    assert not (student / "result.json").exists()


def test_classroom_50_is_told_that_the_pinned_commit_cannot_be_had(autograder, student):
    ran = autograder(commit="1" * 40)

    assert ran.returncode == 1
    assert "::error title=Drydock::" + "1" * 40 in ran.stdout
    assert not (student / "result.json").exists()


def test_the_oldest_way_runs_the_command_at_a_pinned_commit():
    (test,) = json.loads((TEMPLATES / "autograding.json").read_text("utf-8"))["tests"]

    assert f"OWNER/drydock {'0' * 40} " in test["setup"]
    assert test["run"] == "bash /tmp/drydock/.github/actions/grade/here.sh networking"
    assert test["points"] == 100

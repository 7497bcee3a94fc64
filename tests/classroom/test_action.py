"""The composite action on student repositories: honest ones, tampered ones, and a machine at fault."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from graders.labs import LABS, load

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "submissions" / "networking"
REFERENCE = CORPUS / "reference" / "work"
MISSING = CORPUS / "wrong_script_missing" / "work"  # graded in the time that a dock takes
CHECKS = [check.id for check in load(LABS / "networking")[0].checks]
WORK = Path("labs", "networking", "work")
NO_ENGINE = {"docker-host": "unix:///nowhere/docker.sock"}

COMMANDS = """\
::notice title=Autograding report::{"totalPoints":100,"maxPoints":100}
  ::notice title=Autograding report::{"totalPoints":100,"maxPoints":100}
##[notice title=Autograding report]{"totalPoints":100,"maxPoints":100}
::set-output name=score::100
::set-env name=PYTEST_ADDOPTS::-p evil
::add-mask::0
::stop-commands::never
::error::You have been had
"""


@pytest.fixture
def hand_in(tmp_path: Path) -> Callable[..., Path]:
    """Make a student's repository, as it is checked out."""

    def make(work: Path, name: str = "student", scripts: Mapping[str, str] | None = None) -> Path:
        repository = tmp_path / name
        shutil.copytree(work, repository / WORK)
        (repository / ".git").mkdir()
        for script, text in (scripts or {}).items():
            (repository / WORK / script).write_text(text)
        return repository

    return make


@pytest.fixture
def tamper(tmp_path: Path) -> Callable[[Path], tuple[dict[str, str], Path]]:
    """Put into a repository all that could change a grade, if any of it were loaded."""

    def do(repository: Path) -> tuple[dict[str, str], Path]:
        mark, programs = tmp_path / "loaded", repository / "bin"
        code = f"open({str(mark)!r}, 'a').write(__file__ + '\\n')\ndef test_x(): pass\n"
        for folder in (repository, repository / WORK, repository / "graders", repository / "graders" / "checks"):
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("conftest", "evil", "pytest", "sitecustomize", "usercustomize", "test_x", "__init__"):
                (folder / f"{name}.py").write_text(code)
            for name, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
                (folder / name).write_text(f"[{section}]\naddopts = -p evil -k start_works\npythonpath = .\n")
            (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "-p evil"\n')
        (repository / "graders" / "checks" / "networking.py").write_text(code)
        rubric = (LABS / "networking" / "lab.toml").read_text("utf-8")
        (repository / "labs" / "networking" / "lab.toml").write_text(rubric.replace("points = 5", "points = 100"))
        forged = json.dumps({"schema": "drydock/result/1", "score": {"earned": 100, "possible": 100, "complete": True}})
        for place in (".", "reports/networking/networking", WORK, WORK / "reports" / "networking" / "networking"):
            (repository / place).mkdir(parents=True, exist_ok=True)
            (repository / place / "result.json").write_text(forged)
        programs.mkdir()
        for name in ("python3", "pytest", "docker", "drydock", "timeout", "env", "realpath", "dirname", "od", "git"):
            (programs / name).write_text(f"#!/bin/sh\necho {name} >>{mark}\nexit 0\n")
            (programs / name).chmod(0o755)
        (repository / ".docker").mkdir()
        (repository / ".docker" / "config.json").write_text('{"credsStore": "evil", "currentContext": "evil"}')
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(repository),
            "PYTHONPATH": str(repository),
            "PYTHONSTARTUP": str(repository / "evil.py"),
            "PYTHONHOME": str(repository),
            "PYTEST_ADDOPTS": "-p evil -k start_works",
            "PYTEST_PLUGINS": "evil",
            "DOCKER_HOST": "unix:///nowhere/docker.sock",
            "GIT_CONFIG_GLOBAL": str(repository / "setup.cfg"),
            "VIRTUAL_ENV": str(repository),
            "DRYDOCK_COMPLETE": "true",
            "DRYDOCK_FULL_MARKS": "true",
        }
        return environment, mark

    return do


def card_of(job: Any) -> dict[str, Any]:
    """The record that the action keeps as an artifact."""
    (path,) = job.artifacts["scorecard"].rglob("result.json")
    return dict(json.loads(path.read_text("utf-8")))


def verdicts(job: Any) -> dict[str, tuple[str, float]]:
    return {check["id"]: (check["verdict"], check["earned"]) for check in card_of(job)["checks"]}


def legacy(job: Any) -> dict[str, Any]:
    """What the reporter of GitHub Classroom reads."""
    return dict(json.loads(base64.b64decode(job.outputs["result"], validate=True)))


@pytest.mark.docker
def test_a_right_submission_gets_full_marks(hand_in, grade):
    job = grade(hand_in(REFERENCE), inputs={"fail-on": "failure"})

    assert job.failed == "", job.log
    assert {name: job.outputs[name] for name in ("score", "possible", "complete")} == {
        "score": "100",
        "possible": "100",
        "complete": "true",
    }
    assert legacy(job)["status"] == "pass"
    assert sum(test["score"] for test in legacy(job)["tests"]) == 100
    assert list(job.artifacts["scorecard"].rglob("scorecard.html"))
    assert card_of(job)["run"]["picked"] is False
    assert "100" in job.summary


@pytest.mark.docker
def test_a_wrong_submission_is_reported_and_leaves_the_verdict_to_the_reporter(hand_in, grade):
    job = grade(hand_in(MISSING))

    assert job.failed == "", job.log
    assert (job.outputs["score"], job.outputs["possible"], job.outputs["complete"]) == ("0", "100", "true")
    assert legacy(job)["status"] == "fail"
    assert len(legacy(job)["tests"]) == len(CHECKS)
    assert any("start.sh" in text for text in job.said("error") + job.said("warning"))
    assert "start.sh" in job.summary


@pytest.mark.docker
def test_a_wrong_submission_fails_the_job_where_that_is_asked_for(hand_in, grade):
    job = grade(hand_in(MISSING), inputs={"fail-on": "failure", "language": "ko"})

    assert job.failed == "Conclude"
    assert (job.outputs["score"], job.outputs["complete"]) == ("0", "true")
    assert legacy(job)["status"] == "fail"
    assert "만점이 아닙니다" in job.log
    assert "start.sh 파일이 없습니다." in job.summary


@pytest.mark.docker
def test_tampering_changes_nothing_and_nothing_of_it_runs_outside_the_dock(hand_in, tamper, grade):
    honest = grade(hand_in(REFERENCE, "honest", {"start.sh": "echo hello\nexit 3\n"}))
    repository = hand_in(REFERENCE, "tampering", {"start.sh": f"cat <<'END'\n{COMMANDS}END\nexit 3\n"})
    environment, mark = tamper(repository)

    tampering = grade(repository, environment=environment)

    assert not mark.exists(), mark.read_text()
    assert tampering.failed == honest.failed == ""
    assert verdicts(tampering) == verdicts(honest)
    assert {**tampering.outputs, "result": ""} == {**honest.outputs, "result": ""}
    assert [(name, properties) for name, properties, _ in tampering.commands] == [
        (name, properties) for name, properties, _ in honest.commands
    ]
    assert "Autograding report" in tampering.log
    assert not any("Autograding report" in properties for _, properties, _ in tampering.commands)


@pytest.mark.docker
def test_an_engine_that_dies_while_grading_is_no_zero(hand_in, grade):
    job = grade(hand_in(REFERENCE), inputs=NO_ENGINE, without={"install"})

    assert job.failed == "Conclude", job.log
    assert job.outputs == {"score": "", "possible": "", "complete": "false", "result": ""}
    assert any("not the student's" in text for text in job.said("error"))
    assert card_of(job)["score"]["complete"] is False


def test_a_machine_without_an_engine_grades_nothing_and_says_so(hand_in, grade):
    job = grade(hand_in(REFERENCE), inputs=NO_ENGINE | {"language": "ko"})

    assert job.failed == "Install Drydock"
    assert job.outputs == {"score": "", "possible": "", "complete": "", "result": ""}
    assert any("채점하지 않았으니" in text for text in job.said("error"))


def test_grading_that_left_no_result_is_no_zero(hand_in, grade):
    job = grade(hand_in(REFERENCE), without={"install", "grade"})

    assert job.failed == "Conclude", job.log
    assert job.outputs == {"score": "", "possible": "", "complete": "false", "result": ""}


@pytest.mark.parametrize(
    "given",
    ["/etc", "../outside", "labs/../../outside", ".", "labs/..", ".git", "labs/networking/missing", "line\nbreak"],
)
def test_a_path_that_is_no_folder_of_the_checkout_is_refused(hand_in, grade, tmp_path, given):
    (tmp_path / "outside").mkdir()
    job = grade(hand_in(REFERENCE), inputs={"submission": given})

    assert job.failed == "Find the submission"
    assert len(job.said("error")) == 1
    assert set(job.outputs.values()) == {""}


@pytest.mark.parametrize("link", ["labs", "labs/networking", "labs/networking/work"])
@pytest.mark.parametrize("target", ["outside", "student/.git"])
def test_a_link_on_the_way_to_the_submission_is_refused(hand_in, grade, tmp_path, link, target):
    (tmp_path / "outside" / "networking" / "work").mkdir(parents=True)
    repository = hand_in(REFERENCE)
    shutil.rmtree(repository / link)
    (repository / link).symlink_to(tmp_path / target)

    job = grade(repository)

    assert job.failed == "Find the submission"
    assert len(job.said("error")) == 1
    assert set(job.outputs.values()) == {""}


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"lab": "unheard"}, "networking"),
        ({"lab": "../networking"}, "networking"),
        ({"lab": ""}, "networking"),
        ({"egress": "yes"}, "egress"),
        ({"fail-on": "never"}, "fail-on"),
        ({"language": "fr"}, "language"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "5; true"}, "minutes"),
        ({"checkout": ".."}, "checkout"),
        ({"checkout": "missing"}, "checkout"),
    ],
    ids=str,
)
def test_an_input_that_makes_no_sense_is_refused_by_its_name(hand_in, grade, inputs, named):
    job = grade(hand_in(REFERENCE), inputs=inputs)

    assert job.failed == "Find the submission"
    assert [named in text for text in job.said("error")] == [True]


def test_a_repository_that_is_checked_out_into_a_folder_is_graded_there(hand_in, grade, tmp_path):
    hand_in(REFERENCE)

    job = grade(tmp_path, inputs={"checkout": "student"}, without={"install", "grade"})

    assert job.failed == "Conclude", job.log


def test_an_action_in_the_students_own_repository_is_refused(hand_in, grade):
    repository = hand_in(REFERENCE)
    shutil.copytree(ROOT / ".github", repository / ".github")
    shutil.copy(LABS / "networking" / "lab.toml", repository / "labs" / "networking")

    job = grade(repository, root=repository)

    assert job.failed == "Find the submission"
    assert ["in the student's checkout" in text for text in job.said("error")] == [True]

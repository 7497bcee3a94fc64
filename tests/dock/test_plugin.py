"""The pytest plugin as a student uses it: real runs of pytest, with a real engine."""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.labs import LABS, load

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "submissions" / "networking"
LAB = LABS / "networking"
CHECKS = [check.id for check in load(LAB)[0].checks]
MISSING = CORPUS / "wrong_script_missing" / "work"  # graded in the time that a dock takes
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
SCRIPT = (str(Path(sys.executable).with_name("pytest")),)
MODULE = (sys.executable, "-m", "pytest")


@dataclass(frozen=True)
class Run:
    """How pytest ended."""

    code: int
    output: str
    reports: Path

    @property
    def cases(self):
        """Each check's properties, from the JUnit file."""
        return {
            case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
            for case in ElementTree.parse(self.reports / "junit.xml").iter("testcase")
        }

    @property
    def verdicts(self):
        return {name: properties["verdict"] for name, properties in self.cases.items()}

    @property
    def lines(self):
        """The checks in the order of their lines."""
        return re.findall(r"^  [^ ] \S+ +\S+ +[\d.]+ s  (\w+): ", self.output, re.MULTILINE)


@pytest.fixture
def run(tmp_path_factory):
    """Run pytest and wait for it."""

    def running(*arguments, cwd=ROOT, command=MODULE, **environment):
        reports = tmp_path_factory.mktemp("reports")
        unwanted = ("PYTEST_", "LC_", "LANG", "COLUMNS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        done = subprocess.run(
            [*command, *map(str, arguments), f"--reports={reports}", f"--junitxml={reports / 'junit.xml'}"],
            cwd=cwd,
            env={**kept, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr, reports)

    return running


def card_of(ran):
    """The path of the card that a run has printed."""
    return Path(re.search(r"^(?:scorecard|성적표): (.+)$", ran.output, re.MULTILINE)[1])


def test_collect_only_lists_the_checks_and_starts_nothing(run):
    ran = run("--collect-only", "-q", "labs/networking", **NO_ENGINE)

    assert ran.code == 0, ran.output
    assert re.findall(r"lab\.toml::(\w+)", ran.output) == CHECKS
    assert "scorecard" not in ran.output


def test_full_marks_end_with_code_0(run):
    ran = run("labs/networking", f"--submission={CORPUS / 'reference' / 'work'}", "-p", "no:cacheprovider")

    assert ran.code == 0, ran.output
    assert set(ran.verdicts.values()) == {"passed"}
    assert ran.lines == CHECKS
    assert "score: 100 / 100 points" in ran.output
    assert "Warning" not in ran.output


def test_a_wrong_submission_ends_with_code_1_and_says_what_to_fix_first(run, tmp_path):
    ran = run(LAB, "--submission", MISSING, "-p", "no:cacheprovider", cwd=tmp_path)

    assert ran.code == 1, ran.output
    assert "Fix this first" in ran.output
    assert "The file start.sh is not there." in ran.output
    assert "score: 0 / 100 points" in ran.output
    assert ran.cases["start_works"] == {
        "points": "5.0",
        "earned": "0.0",
        "verdict": "failed",
        "cause": "script_missing",
    }
    assert set(ran.verdicts) == set(CHECKS)
    assert card_of(ran).is_file()
    assert card_of(ran).with_name("result.json").is_file()
    assert list(tmp_path.iterdir()) == []


def test_korean_is_spoken_where_it_is_asked_for(run):
    ran = run("labs/networking", f"--submission={MISSING}", "--lang", "ko", "-k", "start_works")

    assert ran.code == 1, ran.output
    assert "먼저 고칠 것" in ran.output
    assert "start.sh 파일이 없습니다." in ran.output
    assert '<html lang="ko"' in card_of(ran).read_text("utf-8")


def test_picking_a_check_runs_it_and_what_it_needs(run):
    ran = run("labs/networking", f"--submission={CORPUS / 'reference' / 'work'}", "-k", "networks_exist")

    assert ran.code == 0, ran.output
    assert ran.verdicts == {"networks_exist": "passed"}
    assert ran.lines == ["networks_exist"]
    assert "Only some of the checks were run." in ran.output


def test_a_picked_check_that_is_blocked_does_not_end_with_code_0(run):
    ran = run("labs/networking", f"--submission={MISSING}", "-k", "names_resolve")

    assert ran.code == 1, ran.output
    assert ran.verdicts == {"names_resolve": "blocked"}


def test_x_stops_at_the_first_failure(run):
    ran = run("labs/networking", f"--submission={MISSING}", "-x", "-v")

    assert ran.code == 1, ran.output
    assert ran.verdicts == {"start_works": "failed"}
    assert "stopping after 1 failures" in ran.output
    assert "Traceback" not in ran.output


def test_a_missing_submission_is_told_before_anything_starts(run, tmp_path):
    ran = run("labs/networking", f"--submission={tmp_path / 'nowhere'}", **NO_ENGINE)

    assert ran.code == 4, ran.output
    assert f"There is no folder {tmp_path / 'nowhere'}" in ran.output
    assert "scorecard:" not in ran.output


def test_without_an_engine_there_is_an_error_and_no_score(run):
    ran = run("labs/networking", f"--submission={MISSING}", **NO_ENGINE)

    assert ran.code == 1, ran.output
    assert "No Docker engine answers at unix:///nowhere/docker.sock" in ran.output
    assert "no score" in ran.output


@pytest.fixture
def labs_copy(tmp_path):
    """The labs in a folder of their own, without a configuration of pytest's above it."""
    copy = tmp_path / "elsewhere" / "labs"
    shutil.copytree(LABS, copy)
    return copy


def test_a_broken_rubric_ends_with_code_2_and_names_file_and_key(run, labs_copy):
    path = labs_copy / "networking" / "lab.toml"
    path.write_text(path.read_text("utf-8").replace("week = 5", 'week = "5"'), "utf-8")

    ran = run(labs_copy / "networking", **NO_ENGINE)

    assert ran.code == 2, ran.output
    assert "networking/lab.toml: week: input should be a valid integer; seen: '5'" in ran.output
    assert "Traceback" not in ran.output


@pytest.fixture
def hostile(tmp_path):
    """Make a submission of files that would each leave a mark if anything loaded them."""

    def make(folder, *, settings=True):
        mark = tmp_path / "loaded"
        folder.mkdir(parents=True, exist_ok=True)
        code = f"open({str(mark)!r}, 'a').write(__name__ + '\\n')\ndef test_x(): pass\n"
        for name in ("conftest", "evil", "pytest", "sitecustomize", "usercustomize", "test_x", "graders", "__init__"):
            (folder / f"{name}.py").write_text(code)
        (folder / "evil.pth").write_text(f"import sys; open({str(mark)!r}, 'a').write('pth')\n")
        addopts, files = f"-p evil -k start_works {folder}", ("pytest.ini", "tox.ini", "setup.cfg")
        for name in files if settings else ():
            section = "[tool:pytest]" if name == "setup.cfg" else "[pytest]"
            (folder / name).write_text(f"{section}\naddopts = {addopts}\npythonpath = {folder}\n")
        if settings:
            (folder / "pyproject.toml").write_text(
                f'[tool.pytest.ini_options]\naddopts = "{addopts}"\npythonpath = ["{folder}"]\n'
            )
        return folder, mark

    return make


BLOCKED = dict.fromkeys(CHECKS, "blocked") | {"start_works": "failed"}


@pytest.mark.parametrize(
    ("command", "place", "arguments"),
    [
        (MODULE, "outside", ("{lab}", "--submission", "{dir}")),
        (SCRIPT, "outside", ("--submission={dir}", "{lab}")),
        (MODULE, "outside", ("-c", "pyproject.toml", "--submission", "{dir}", "{lab}")),
        (SCRIPT, "inside", ("{lab}", "--submission={dir}")),
        (MODULE, "inside", ("--submission", "{dir}", "{lab}")),
    ],
    ids=["lab-first", "one-word", "with-configuration", "inside-lab-first", "inside-submission-first"],
)
def test_nothing_in_a_submission_is_loaded(run, hostile, tmp_path, request, command, place, arguments):
    folder = tmp_path / "handed-in" if place == "outside" else ROOT / "reports" / f"hostile-{os.getpid()}"
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    _, mark = hostile(folder)

    ran = run(*(argument.format(lab=LAB, dir=folder) for argument in arguments), command=command)

    assert not mark.exists(), mark.read_text()
    assert ran.code == 1, ran.output
    assert ran.verdicts == BLOCKED


def test_a_configuration_that_pytest_took_from_a_submission_is_refused(run, tmp_path):
    # Before any plugin is there, pytest takes the word after an option that it does not know yet for a path, and
    # looks for its configuration there first: https://docs.pytest.org/en/stable/reference/customize.html
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -k networks_exist\n")

    ran = run("--submission", tmp_path, LAB, "--collect-only", **NO_ENGINE)

    assert ran.code == 4, ran.output
    assert f"--submission={tmp_path}" in ran.output


def test_nothing_is_loaded_where_pytest_runs_in_the_submission(run, hostile, tmp_path):
    folder, mark = hostile(tmp_path / "handed-in")

    ran = run(LAB, "--submission=.", cwd=folder, command=SCRIPT)

    assert not mark.exists(), mark.read_text()
    assert ran.code == 1, ran.output
    assert ran.verdicts == BLOCKED


def test_nothing_of_a_labs_own_work_is_loaded(run, hostile, labs_copy):
    _, mark = hostile(labs_copy / "networking" / "work")
    (labs_copy / "networking" / "work" / "start.sh").unlink()

    ran = run(labs_copy / "networking", command=SCRIPT)

    assert not mark.exists(), mark.read_text()
    assert ran.code == 1, ran.output
    assert ran.verdicts == BLOCKED


@pytest.mark.parametrize("path", ["work", "work/test_x.py", "work/test_x.py::test_x"])
def test_a_path_into_a_labs_work_is_refused(run, hostile, labs_copy, path):
    _, mark = hostile(labs_copy / "networking" / "work", settings=False)

    ran = run(labs_copy / "networking" / path, command=SCRIPT, **NO_ENGINE)

    assert not mark.exists(), mark.read_text()
    assert ran.code == 4, ran.output
    assert "is a lab's work folder" in ran.output


def test_pytest_without_a_path_in_a_labs_work_is_refused(run, hostile, labs_copy):
    folder, mark = hostile(labs_copy / "networking" / "work", settings=False)

    ran = run(cwd=folder, command=SCRIPT, **NO_ENGINE)

    assert not mark.exists(), mark.read_text()
    assert ran.code == 4, ran.output
    assert "is a lab's work folder" in ran.output


def test_other_formats_are_written_beside_the_card(run, tmp_path):
    ran = run(
        "labs/networking",
        f"--submission={MISSING}",
        "--drydock-format=ctrf",
        f"--drydock-format=junit:{tmp_path / 'own.xml'}",
        "--drydock-format=annotations:-",
    )
    written = json.loads(card_of(ran).with_name("ctrf-report.json").read_text("utf-8"))

    assert ran.code == 1, ran.output
    assert written["results"]["summary"]["failed"] == 1
    assert ElementTree.parse(tmp_path / "own.xml").getroot().tag == "testsuites"
    assert "::error title=networking%3A " in ran.output


def test_an_unknown_format_is_refused_before_anything_starts(run):
    ran = run("labs/networking", "--drydock-format=xls", **NO_ENGINE)

    assert ran.code == 4, ran.output
    assert "There is no format xls; known: annotations, check50" in ran.output


def test_formats_beside_the_card_keep_out_of_each_others_way(run):
    told = {"CLASSROOM": "c", "ASSIGNMENT": "a", "USERNAME": "u", "SUBMISSION_TAG": "submit/x"}
    names = ("annotations", "classroom50", "gradescope", "prairielearn", "junit:/dev/null/own.xml")
    ran = run(
        "labs/networking",
        f"--submission={MISSING}",
        *(f"--drydock-format={name}" for name in names),
        **told,
        COMMIT_URL="x",
        RELEASE_URL="x",
        GITHUB_ACTIONS="true",
    )
    written = {path.name: path.read_text("utf-8") for path in card_of(ran).parent.iterdir()}

    assert ran.code == 1, ran.output
    assert json.loads(written["result.json"])["schema"] == "drydock/result/1"
    assert json.loads(written["classroom50.json"])["schema"] == "classroom50/result/v1"
    assert "execution_time" in json.loads(written["results.json"])
    assert "gradable" in json.loads(written["prairielearn.json"])
    assert "annotations.txt" not in written
    assert re.search("^::error title=networking%3A ", ran.output, re.MULTILINE)
    assert "/dev/null: " in ran.output


def test_one_file_for_several_labs_is_refused_before_anything_starts(run):
    ran = run("labs/networking", "labs/volumes", "--drydock-format=junit:own.xml", **NO_ENGINE)

    assert ran.code == 4, ran.output
    assert "--drydock-format=junit:own.xml names one file for one lab; these labs are graded: " in ran.output

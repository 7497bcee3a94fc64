"""Labs on disk and their code: rubric and checks must fit each other."""

import sys
from types import ModuleType

import pytest

from graders import check, labs, scene
from graders.labs import LABS, all_labs, lab_folder, load
from graders.rubric import RubricError

TEXT = '{ en = "one", ko = "하나" }'
CAUSE = f"wrong = {TEXT}\nwhy = {TEXT}\ntry = {TEXT}\nexpected = {TEXT}\nseen = {TEXT}\n"
ENTRY = f'[[checks]]\nid = "%s"\npoints = 50\ntitle = {TEXT}\nhints = [{TEXT}]\ncauses = ["mute"]\n'
RUBRIC = (
    f'version = "1"\nweek = 1\ntitle = {TEXT}\nsummary = {TEXT}\n[submission]\nfiles = ["start.sh"]\n'
    f"{ENTRY % 'starts'}{ENTRY % 'answers'}[causes.mute]\n{CAUSE}"
)


@pytest.fixture
def folder(tmp_path):
    """A lab with the checks `starts` and `answers`."""
    path = tmp_path / "harbour"
    path.mkdir()
    (path / "lab.toml").write_text(RUBRIC, "utf-8")
    return path


@pytest.fixture
def code(monkeypatch):
    """Make the module of its checks from functions."""

    def make(*functions):
        module = ModuleType("graders.checks.harbour")
        for function in functions:
            setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return make


def mistakes(folder):
    with pytest.raises(RubricError) as raised:
        load(folder)
    return str(raised.value).splitlines()


@check
def starts(dock, quay):
    """It starts."""


@check
def answers(dock, dice, timeline):
    """It answers."""


@scene
def quay(dock):
    """Where it lies."""


def test_checks_and_scenes_are_found_by_name(folder, code):
    code(starts, answers, quay)

    lab, found = load(folder)

    assert lab.id == "harbour"
    assert (list(found.checks), list(found.scenes)) == (["starts", "answers"], ["quay"])


def test_a_check_without_code_is_named_with_both_sides(folder, code):
    code(starts, quay)

    assert mistakes(folder) == [
        f"{folder / 'lab.toml'}: checks.answers: no function @check answers in graders.checks.harbour"
    ]


def test_code_without_a_check_is_named_with_both_sides(folder, code):
    @check
    def sails():
        """It sails."""

    code(starts, answers, quay, sails)

    assert mistakes(folder) == [
        f"{folder / 'lab.toml'}: checks: @check sails in graders.checks.harbour is not listed here"
    ]


def test_an_unknown_parameter_is_named_with_those_that_are_known(folder, code):
    code(starts, answers)

    assert mistakes(folder) == [
        f"{folder / 'lab.toml'}: graders.checks.harbour.starts asks for 'quay'; known: dice, dock, timeline"
    ]


def test_a_scenes_unknown_parameter_is_named_too(folder, code):
    @scene
    def quay(harbour):
        """Where it lies."""

    code(starts, answers, quay)

    assert mistakes(folder) == [
        f"{folder / 'lab.toml'}: graders.checks.harbour.quay asks for 'harbour'; known: dice, dock, quay, timeline"
    ]


def test_several_misfits_give_several_lines(folder, code):
    @check
    def sails(wind):
        """It sails."""

    code(starts, sails)

    assert len(mistakes(folder)) == 4


def test_a_lab_without_a_module_is_one_line(folder):
    assert mistakes(folder) == [f"{folder / 'lab.toml'}: no code: the module graders.checks.harbour does not exist"]


def test_a_mistake_inside_the_code_is_not_hidden(folder, monkeypatch):
    def broken(name):
        raise ModuleNotFoundError("No module named 'elsewhere'", name="elsewhere")

    monkeypatch.setattr(labs.importlib, "import_module", broken)

    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        load(folder)


def test_every_lab_of_the_project_fits_its_code():
    assert [load(path)[0].id for path in all_labs()] == [path.name for path in all_labs()]


def test_a_folder_without_a_rubric_is_no_lab(tmp_path, folder):
    (tmp_path / "notes").mkdir()

    assert all_labs(tmp_path) == [folder]


def test_a_lab_is_found_by_its_id_and_by_a_path(folder):
    assert lab_folder("networking") == LABS / "networking"
    assert lab_folder(str(folder)) == folder


def test_an_unknown_lab_is_told_with_those_that_there_are():
    with pytest.raises(RubricError, match=r"no lab 'sailing'; known: .*networking"):
        lab_folder("sailing")

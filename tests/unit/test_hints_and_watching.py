"""The hint ladder, the last card, and what a watch says has changed."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest
import watchfiles
from rich.console import Console

from graders import cli
from graders.cli import main
from graders.hints import STATE, next_hint
from graders.labs import LABS, load
from graders.rubric import RubricError
from graders.scorecards import files
from graders.scorecards.samples import finding, result, sample_cards, scorecard
from graders.screen import Screen
from graders.verdicts import LANGUAGES, Verdict
from graders.watching import changes, relevant

LAB, _ = load(LABS / "networking")
CARDS = sample_cards()


def test_each_call_shows_one_rung_more_and_the_last_stays(tmp_path):
    shown = [next_hint(LAB, "names_resolve", tmp_path) for _ in range(4)]

    assert [hint.rung for hint in shown] == [1, 2, 3, 3]
    assert [hint.last for hint in shown] == [False, False, True, True]
    assert [hint.text for hint in shown[:3]] == list(LAB.checks[5].hints)


def test_each_check_has_a_ladder_of_its_own_and_again_begins_anew(tmp_path):
    next_hint(LAB, "names_resolve", tmp_path)
    rungs = [
        next_hint(LAB, "right_networks", tmp_path).rung,
        next_hint(LAB, "names_resolve", tmp_path).rung,
        next_hint(LAB, "names_resolve", tmp_path, again=True).rung,
    ]

    assert rungs == [1, 2, 1]


@pytest.mark.parametrize("state", ["", "[]", '{"networking": 3}', '{"networking": {"names_resolve": "x"}}', "\x00"])
def test_a_ladder_whose_state_is_broken_begins_anew(tmp_path, state):
    (tmp_path / STATE).write_text(state)

    assert next_hint(LAB, "names_resolve", tmp_path).rung == 1


def test_an_unknown_check_is_refused_with_those_that_there_are(tmp_path):
    with pytest.raises(RubricError, match=r"no check 'nope'; known: start_works, containers_run"):
        next_hint(LAB, "nope", tmp_path)


@pytest.mark.parametrize(("language", "words"), [("en", "hint 1 of 3"), ("ko", "힌트 1/3")])
def test_a_hint_is_told_in_each_language(tmp_path, capsys, language, words):
    assert main(["hint", "networking", "names_resolve", "--reports", str(tmp_path), "--lang", language]) == 0
    assert words in capsys.readouterr().out


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked to open."""
    asked = []
    monkeypatch.setattr(cli.webbrowser, "open", lambda address: asked.append(address) or True)
    return asked


def test_the_last_card_is_opened(tmp_path, opened, capsys):
    for age, name in ((30, "old"), (10, "new"), (20, "middle")):
        path = files.write(CARDS["perfect"], tmp_path / "networking" / name, "en")
        os.utime(path, (10**9 - age, 10**9 - age))

    assert main(["open", "networking", "--reports", str(tmp_path)]) == 0
    assert opened == [(tmp_path / "networking" / "new" / "scorecard.html").as_uri()]
    assert capsys.readouterr().out == f"{tmp_path}/networking/new/scorecard.html\n"


def test_without_a_browser_the_file_is_named(tmp_path, monkeypatch, capsys):
    path = files.write(CARDS["perfect"], tmp_path / "networking" / "x", "en")
    monkeypatch.setattr(cli.webbrowser, "open", lambda address: False)

    assert main(["open", "--reports", str(tmp_path)]) == 0
    assert str(path) in capsys.readouterr().err


def test_without_a_card_it_is_said_how_to_get_one(tmp_path, opened, capsys):
    assert main(["open", "--reports", str(tmp_path)]) == 2
    assert "no scorecard" in capsys.readouterr().err
    assert opened == []


def test_changes_are_told_by_verdict_and_by_cause():
    wrong = result("names_resolve", Verdict.FAILED, finding=finding())
    other = replace(wrong, finding=finding(cause="name_unknown"))
    before = scorecard(result("start_works"), wrong, result("starts_again", Verdict.BLOCKED, blocked_by="start_works"))
    after = scorecard(result("start_works"), other, result("starts_again"))

    assert [(change.check, change.better) for change in changes(before, after)] == [
        ("names_resolve", False),
        ("starts_again", True),
    ]
    assert changes(before, before) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80])
def test_a_watch_says_what_became_better_and_the_new_score(tmp_path, language, width):
    console = Console(record=True, width=width, file=open(os.devnull, "w"))  # noqa: SIM115
    screen = Screen(LAB, console, language, tmp_path)
    screen.begun()
    screen.done(None, CARDS["failing"])
    screen.begun()
    screen.done(CARDS["failing"], CARDS["perfect"])
    said = console.export_text()
    console.file.close()

    assert {"en": "now passed: right_networks", "ko": "이제 통과: right_networks"}[language] in said
    assert {"en": "53 -> 100 points", "ko": "53점 -> 100점"}[language] in said
    assert not re.search(r"\{[a-z_]+\}", said)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("start.sh", True), ("compose.yaml", True), (".start.sh.swp", False), ("4913", False), (".#start.sh", False),
     ("start.sh~", False), ("#start.sh#", False), (".goutputstream-X", False)],
)  # fmt: skip
def test_an_editors_own_files_are_no_saves(name, counts):
    assert relevant(watchfiles.Change.modified, f"/work/{name}") is counts

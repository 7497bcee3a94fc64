"""The hint ladder, the last card, and what a watch says has changed."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import time
from dataclasses import replace

import pytest
import watchfiles
from rich.console import Console

from graders import cli
from graders.cli import main
from graders.dock import Trouble, pack
from graders.grading import in_order, with_needs
from graders.hints import STATE, next_hint
from graders.labs import LABS, load
from graders.rubric import RubricError
from graders.saves import Saves, relevant, take_in
from graders.scorecards import files
from graders.scorecards.samples import finding, result, sample_cards, scorecard
from graders.screen import Screen
from graders.verdicts import LANGUAGES, Verdict
from graders.watching import changes, interesting, still_failing

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


def test_what_fails_as_before_is_told_apart_from_what_changed():
    wrong = result("names_resolve", Verdict.FAILED, finding=finding())
    blocked = result("starts_again", Verdict.BLOCKED, blocked_by="names_resolve")
    before = scorecard(result("start_works"), wrong, blocked)
    after = scorecard(result("start_works", Verdict.FAILED, finding=finding()), wrong, blocked)

    assert [found.check for found in still_failing(before, after)] == ["names_resolve"]
    assert still_failing(before, scorecard(result("start_works"))) == []


def test_what_did_not_pass_or_has_changed_is_interesting_next():
    wrong = result("names_resolve", Verdict.FAILED, finding=finding())
    before = scorecard(result("start_works"), wrong, result("starts_again"), result("no_static_names"))
    after = scorecard(
        result("start_works"),
        result("names_resolve"),
        result("starts_again", Verdict.ERROR),
        result("no_static_names", Verdict.NOT_ASSESSABLE),
    )

    assert interesting(None, after) == {"starts_again"}
    assert interesting(before, after) == {"names_resolve", "starts_again", "no_static_names"}


def order(*first):
    return [check.id for check in in_order(LAB.checks, with_needs(LAB, first))]


def test_without_a_wish_checks_run_in_the_rubrics_order():
    assert order() == [check.id for check in LAB.checks]


def test_a_check_that_is_asked_for_first_runs_with_its_needs_before_others_that_look():
    assert order("strangers_stay_out")[:5] == [
        "start_works",
        "containers_run",
        "networks_exist",
        "strangers_stay_out",
        "inner_is_internal",
    ]


@pytest.mark.parametrize("check", [check.id for check in LAB.checks])
def test_no_wish_moves_a_check_past_one_that_changes_things_or_past_its_needs(check):
    place = {name: number for number, name in enumerate(order(check))}
    plain = [check.id for check in LAB.checks]

    for other in LAB.checks:
        assert all(place[need] < place[other.id] for need in other.needs)
        if other.alone:
            at = place[other.id]
            assert at == plain.index(other.id)
            assert {name for name in place if place[name] < at} == set(plain[:at])


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


@pytest.fixture
def listening(tmp_path):
    """A folder with a file, of whose saves a list is made, and the folder's path."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "start.sh").write_text("first")
    heard = queue.Queue()

    def saved():
        heard.put(sorted(path.name for path in folder.iterdir()) if folder.is_dir() else None)
        return True

    with Saves(folder, saved) as saves:
        # The first change that is heard shows that the folder is watched by now.
        deadline = time.monotonic() + 20
        while heard.empty():
            assert time.monotonic() < deadline
            (folder / "start.sh").write_text(f"{time.monotonic()}")
            time.sleep(0.05)  # between two tries
        settle(heard)
        saves.seen()
        yield folder, heard, saves


def settle(heard):
    with contextlib.suppress(queue.Empty):
        while True:
            heard.get(timeout=0.5)


def test_a_save_is_heard_once_however_many_writes_it_takes(listening):
    folder, heard, saves = listening
    for number in range(20):
        (folder / "start.sh").write_text(str(number))
    heard.get(timeout=20)

    saves.wait()
    assert saves.waiting
    assert heard.qsize() <= 1  # a slow machine may take the writes for two saves


def test_a_file_that_is_replaced_by_another_is_heard(listening):
    folder, heard, _ = listening
    (folder / "start.sh~").write_text("new")
    (folder / "start.sh~").rename(folder / "start.sh")

    assert "start.sh" in heard.get(timeout=20)


def test_an_editors_own_file_is_not_heard(listening):
    folder, heard, saves = listening
    (folder / ".start.sh.swp").write_text("draft")
    (folder / "4913").touch()

    with pytest.raises(queue.Empty):
        heard.get(timeout=1)
    assert not saves.waiting


def test_a_folder_that_goes_and_comes_back_is_heard_both_times(listening):
    folder, heard, _ = listening
    shutil.rmtree(folder)
    deadline = time.monotonic() + 20
    while heard.get(timeout=20) is not None:
        assert time.monotonic() < deadline
    folder.mkdir()
    (folder / "start.sh").write_text("again")

    while heard.get(timeout=20) != ["start.sh"]:
        assert time.monotonic() < deadline
    settle(heard)
    (folder / "start.sh").write_text("once more")
    assert heard.get(timeout=20) == ["start.sh"]


def test_a_folder_that_is_another_one_at_once_is_watched_on(listening):
    folder, heard, _ = listening
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    while heard.get(timeout=20) != []:
        pass
    settle(heard)
    (folder / "new.sh").write_text("x")

    assert heard.get(timeout=20) == ["new.sh"]


def test_what_cannot_be_packed_is_why_it_is_no_submission(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(33 << 20)

    assert take_in(tmp_path).cause == "submission_too_large"


def test_a_folder_that_is_not_there_is_a_trouble_at_once(tmp_path):
    with pytest.raises(Trouble) as missing:
        take_in(tmp_path / "none", seconds=60)

    assert missing.value.code == "submission_missing"


def test_a_file_that_vanishes_while_it_is_read_is_tried_again(tmp_path, monkeypatch):
    (tmp_path / "start.sh").write_text("x")
    tries = []

    def once(folder):
        tries.append(folder)
        if len(tries) == 1:
            raise Trouble("submission_unreadable", path="x.tmp", problem="No such file or directory")
        return pack(folder)

    monkeypatch.setattr("graders.saves.pack", once)

    assert take_in(tmp_path).names == ("start.sh",)
    assert len(tries) == 2

"""The hint ladder, the last card, and what a watch says has changed."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import time
import webbrowser
from dataclasses import replace

import pytest
import watchfiles
from rich.console import Console

from graders.cli import main
from graders.dock import Trouble, pack
from graders.hints import STATE, next_hint
from graders.labs import LABS, all_labs, load
from graders.plan import in_groups, with_needs
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
    assert [hint.exhausted for hint in shown] == [False, False, False, True]
    assert [hint.text for hint in shown[:3]] == list(LAB.checks[5].hints)


def test_each_check_has_a_ladder_of_its_own_and_again_begins_anew(tmp_path):
    next_hint(LAB, "names_resolve", tmp_path)
    rungs = [
        next_hint(LAB, "right_networks", tmp_path).rung,
        next_hint(LAB, "names_resolve", tmp_path).rung,
        next_hint(LAB, "names_resolve", tmp_path, again=True).rung,
    ]

    assert rungs == [1, 2, 1]


@pytest.mark.parametrize(
    "state",
    [b"", b"[]", b'{"networking": 3}', b'{"networking": {"names_resolve": "x"}}', b"\x00", b"\xff\xfe", b"[" * 100_000,
     b'{"networking": {"names_resolve": 1e999}}'],
)  # fmt: skip
def test_a_ladder_whose_state_is_broken_begins_anew_and_says_so(tmp_path, state, capsys):
    (tmp_path / STATE).write_bytes(state)

    assert main(["hint", "networking", "names_resolve", "--reports", str(tmp_path), "--lang", "en"]) == 0
    said = capsys.readouterr()
    assert "hint 1 of 3" in said.out
    assert str(tmp_path / STATE) in said.err
    assert main(["hint", "networking", "names_resolve", "--reports", str(tmp_path), "--lang", "en"]) == 0
    said = capsys.readouterr()
    assert "hint 2 of 3" in said.out
    assert said.err == ""


@pytest.mark.parametrize("rung", [-5, 99])
def test_a_rung_that_there_is_not_is_the_nearest_that_there_is(tmp_path, rung):
    (tmp_path / STATE).write_text(f'{{"networking": {{"names_resolve": {rung}}}}}')

    assert next_hint(LAB, "names_resolve", tmp_path).rung == (1 if rung < 0 else 3)


def test_only_the_state_is_left_in_the_folder(tmp_path):
    next_hint(LAB, "names_resolve", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [STATE]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "networking has no check nope"), ("ko", "nope 검사가 없습니다")]
)
def test_an_unknown_check_is_refused_with_those_that_there_are(tmp_path, capsys, language, words):
    assert main(["hint", "networking", "nope", "--reports", str(tmp_path), "--lang", language]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "start_works, containers_run" in said
    assert not list(tmp_path.iterdir())


def test_an_unknown_lab_is_refused_with_those_that_there_are(tmp_path, capsys):
    assert main(["hint", "nope", "x", "--reports", str(tmp_path)]) == 1
    known = ", ".join(folder.name for folder in all_labs())
    assert f"no lab 'nope'; known: {known}" in capsys.readouterr().err


def test_the_last_hint_and_each_later_call_point_to_the_lesson(tmp_path, capsys):
    for _ in range(4):
        main(["hint", "networking", "names_resolve", "--reports", str(tmp_path), "--lang", "en"])
    lines = capsys.readouterr().out.splitlines()

    assert lines[1] == lines[3] == "The next call shows the next hint."
    assert lines[5] == f"This was the last hint. `--again` begins with the first. Read more: {LAB.checks[5].lesson}"
    assert lines[7].startswith("There are no more hints.")
    assert LAB.checks[5].lesson in lines[7]


@pytest.mark.parametrize(("language", "words"), [("en", "hint 1 of 3"), ("ko", "힌트 1/3")])
def test_a_hint_is_told_in_each_language(tmp_path, capsys, language, words):
    assert main(["hint", "networking", "names_resolve", "--reports", str(tmp_path), "--lang", language]) == 0
    assert words in capsys.readouterr().out


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked to open, on a machine with a display."""
    asked = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or True)
    return asked


def written(reports, name, age, language="en"):
    """A card's page, whose result is so many seconds old."""
    page = files.write(CARDS["perfect"], reports / name, language)
    os.utime(page.with_name(files.RESULT), (10**9 - age, 10**9 - age))
    return page


def test_the_last_card_of_a_lab_is_opened_and_its_path_printed(tmp_path, opened, capsys):
    for age, name in ((30, "networking/old"), (10, "networking/new"), (20, "networking/middle"), (5, "volumes/other")):
        written(tmp_path, name, age)
    page = tmp_path / "networking" / "new" / "scorecard.html"

    assert main(["open", "networking", "--reports", str(tmp_path)]) == 0
    assert opened == [page.as_uri()]
    assert capsys.readouterr().out == f"{page}\n"


def test_without_a_lab_the_last_card_of_any_is_opened(tmp_path, opened):
    written(tmp_path, "networking/a", 30)
    page = written(tmp_path, "volumes/b", 10)

    assert main(["open", "--reports", str(tmp_path), "--lang", "en"]) == 0
    assert opened == [page.as_uri()]


@pytest.mark.parametrize(("language", "name"), [("en", "scorecard.html"), ("ko", "scorecard.ko.html")])
def test_the_page_in_the_asked_for_language_is_opened(tmp_path, opened, language, name):
    page = written(tmp_path, "networking/a", 1, "en")

    assert main(["open", "--reports", str(tmp_path), "--lang", language]) == 0
    assert opened == [page.with_name(name).as_uri()]


def test_a_result_whose_page_is_gone_is_passed_over(tmp_path, opened):
    page = written(tmp_path, "networking/a", 30)
    gone = written(tmp_path, "networking/b", 10)
    for path in gone.parent.glob("*.html"):
        path.unlink()

    assert main(["open", "--reports", str(tmp_path), "--lang", "en"]) == 0
    assert opened == [page.as_uri()]


@pytest.mark.parametrize(("language", "words"), [("en", "no browser"), ("ko", "브라우저를 열 수 없습니다")])
def test_without_a_display_none_is_opened_and_it_is_said_how_to(tmp_path, monkeypatch, opened, capsys, language, words):
    page = written(tmp_path, "networking/a b", 1, language)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    assert main(["open", "--reports", str(tmp_path), "--lang", language]) == 0
    said = capsys.readouterr()
    assert said.out == f"{page}\n"
    assert words in said.err
    assert page.as_uri() in said.err
    assert opened == []


@pytest.mark.parametrize("answer", [False, webbrowser.Error("none"), OSError("none")])
def test_a_browser_that_does_not_open_is_no_crash(tmp_path, monkeypatch, opened, capsys, answer):
    def failing(address):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(webbrowser, "open", failing)
    page = written(tmp_path, "networking/x", 1)

    assert main(["open", "--reports", str(tmp_path), "--lang", "en"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{page}\n"
    assert page.as_uri() in said.err


def test_without_a_card_it_is_said_how_to_get_one(tmp_path, opened, capsys):
    assert main(["open", "networking", "--reports", str(tmp_path), "--lang", "en"]) == 2
    assert "pytest labs/networking" in capsys.readouterr().err
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


def groups(*first):
    return [[check.id for check in group] for group in in_groups(LAB.checks, with_needs(LAB, first))]


def test_without_a_wish_checks_run_in_the_rubrics_order_those_that_look_side_by_side():
    plain = [check.id for check in LAB.checks]

    assert groups() == [plain[:1], plain[1:-2], plain[-2:-1], plain[-1:]]


def test_a_check_that_is_asked_for_first_runs_with_its_needs_before_others_that_look():
    assert groups("strangers_stay_out")[1] == ["containers_run", "networks_exist", "strangers_stay_out"]
    assert groups("strangers_stay_out")[2][:2] == ["inner_is_internal", "right_networks"]


@pytest.mark.parametrize("check", [check.id for check in LAB.checks])
def test_no_wish_moves_a_check_past_one_that_changes_things_or_past_its_needs(check):
    plan = [name for group in groups(check) for name in group]
    place = {name: number for number, name in enumerate(plan)}
    plain = [check.id for check in LAB.checks]

    for other in LAB.checks:
        assert all(place[need] < place[other.id] for need in other.needs)
        if other.alone:
            at = place[other.id]
            assert [other.id] in groups(check)
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


def settle(heard, seconds=0.5):
    """Wait until nothing was heard for so long."""
    with contextlib.suppress(queue.Empty):
        while True:
            heard.get(timeout=seconds)


def test_a_save_of_many_writes_is_not_heard_for_each(listening):
    folder, heard, saves = listening
    for number in range(20):
        (folder / "start.sh").write_text(str(number))
    heard.get(timeout=20)

    saves.wait()
    assert saves.waiting
    assert heard.qsize() < 10  # a slow machine may take the writes for several saves


def test_a_file_that_is_replaced_by_another_is_heard(listening):
    folder, heard, _ = listening
    (folder / "start.sh~").write_text("new")
    (folder / "start.sh~").rename(folder / "start.sh")

    assert "start.sh" in heard.get(timeout=20)


def test_an_editors_own_file_is_not_heard(listening):
    folder, heard, saves = listening
    settle(heard, 3)  # a busy machine may be late with what was saved before
    saves.seen()
    (folder / ".start.sh.swp").write_text("draft")
    (folder / "4913").touch()

    with pytest.raises(queue.Empty):
        heard.get(timeout=1)
    assert not saves.waiting


def hear(heard, wanted):
    """Wait until so much was there when a save was heard."""
    seen = []
    while wanted not in seen:
        seen.append(heard.get(timeout=30))


def test_a_folder_that_goes_and_comes_back_is_heard_both_times(listening):
    folder, heard, _ = listening
    shutil.rmtree(folder)
    hear(heard, None)
    folder.mkdir()
    (folder / "start.sh").write_text("again")
    hear(heard, ["start.sh"])

    (folder / "stop.sh").write_text("once more")
    hear(heard, ["start.sh", "stop.sh"])


@pytest.mark.parametrize("number", range(5))
def test_a_folder_that_is_removed_and_made_again_at_once_is_watched_on(listening, number):
    folder, heard, _ = listening
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "new.sh").write_text("x")
    hear(heard, ["new.sh"])

    (folder / "newer.sh").write_text("x")
    hear(heard, ["new.sh", "newer.sh"])


def test_a_folder_that_is_moved_away_for_another_is_watched_on(listening):
    folder, heard, _ = listening
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    hear(heard, [])

    (folder / "new.sh").write_text("x")
    hear(heard, ["new.sh"])


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

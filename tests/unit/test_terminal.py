"""What the terminal shows of a scorecard."""

import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from graders.scorecards import terminal
from graders.verdicts import Evidence, Finding, Result, Scorecard, Text, Verdict

PAGE = Path("/somewhere/scorecard.html")
TITLE = Text("The store answers", "store가 응답한다")
FINDING = Finding(
    "mute",
    wrong=Text("The store is mute.", "store가 응답하지 않습니다."),
    why=Text("Nobody listens.", "듣는 프로그램이 없습니다."),
    try_=Text("Start it.", "시작하세요."),
    expected=Text("an answer", "응답"),
    seen=Text("silence", "침묵"),
    evidence=(Evidence("$ curl \x1b[31m", "\x1b]0;title\x07no\x00thing\rx\n\u202ex"),),
    reproduce="docker logs store",
)
HINTS = (Text("Look at its log.", "로그를 보세요."), Text("Second hint.", "두 번째 힌트."))


@pytest.fixture(autouse=True)
def unicode_terminal(monkeypatch):
    """A terminal that shows all letters."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))


def result(verdict, check="answers", **more):
    finding = FINDING if verdict in (Verdict.FAILED, Verdict.PARTIAL) else None
    earned = {Verdict.PASSED: 10.0, Verdict.PARTIAL: 5.0}.get(verdict, 0.0)
    return Result(check, TITLE, 10, verdict, earned, 1.25, **{"finding": finding, "hints": HINTS, **more})


def summary(*results, language="en", width=80, **more):
    card = Scorecard("harbour", "1", TITLE, 1, "me", "", "run", "now", 1.0, {}, results, **more)
    return [text for text, _ in terminal.summary(card, PAGE, language, width)]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_columns_of_all_verdicts_stand_below_each_other(language):
    lines = [terminal.check_line(result(verdict), language, 120)[0] for verdict in Verdict]

    assert len({cell_len(line[: line.index("1.25 s")]) for line in lines}) == 1


def test_a_line_has_verdict_points_time_and_title():
    assert terminal.check_line(result(Verdict.PASSED), "en", 120)[0] == (
        "  ✓ passed           10/10   1.25 s  answers: The store answers"
    )


def test_a_line_in_korean_is_korean():
    assert "통과" in terminal.check_line(result(Verdict.PASSED), "ko", 120)[0]
    assert "store가 응답한다" in terminal.check_line(result(Verdict.PASSED), "ko", 120)[0]


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.NOT_ASSESSABLE])
def test_what_has_no_points_shows_none(verdict):
    assert " -/10 " in terminal.check_line(result(verdict), "en", 120)[0]


def test_every_verdict_has_a_symbol_of_its_own(monkeypatch):
    assert len({terminal.check_line(result(verdict), "en", 120)[0][2] for verdict in Verdict}) == len(Verdict)


def test_a_terminal_without_unicode_gets_plain_symbols(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))

    assert terminal.check_line(result(Verdict.FAILED), "en", 120)[0].isascii()


@pytest.mark.parametrize("width", [20, 60, 80])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_long_title_is_cut_to_the_width(width, language):
    long = Result("x", Text("word " * 60, "글자 " * 60), 10, Verdict.PASSED, 10)

    line = terminal.check_line(long, language, width)[0]

    assert cell_len(line) <= max(width, 60)
    assert line.endswith("…")


def test_a_failing_card_says_what_to_fix_first():
    lines = summary(result(Verdict.PASSED, "starts"), result(Verdict.FAILED), result(Verdict.FAILED, "later"))
    text = "\n".join(lines)

    assert "Fix this first: The store answers (answers)" in lines
    assert re.search(r"expected +an answer", text)
    assert re.search(r"seen +silence", text)
    assert re.search(r"why +Nobody listens\.", text)
    assert re.search(r"try +Start it\.", text)
    assert re.search(r"see it yourself +docker logs store", text)
    assert re.search(r"hint +Look at its log\.", text)
    assert "Second hint" not in text
    assert "later" not in text
    assert lines[-2:] == ["score: 10 / 30 points", f"scorecard: {PAGE}"]


def test_a_failing_card_in_korean_says_so_in_korean():
    lines = summary(result(Verdict.FAILED), language="ko")

    assert "먼저 고칠 것: store가 응답한다 (answers)" in lines
    assert "점수: 0 / 10 점" in lines
    assert f"성적표: {PAGE}" in lines


def test_a_perfect_card_is_praised():
    assert summary(result(Verdict.PASSED)) == [
        "",
        "score: 10 / 10 points",
        "Everything works. Well done.",
        f"scorecard: {PAGE}",
    ]


def test_a_part_that_works_is_not_praised_as_the_whole():
    assert summary(result(Verdict.PASSED), picked=True) == [
        "",
        "score: 10 / 10 points",
        "Only some of the checks were run.",
        f"scorecard: {PAGE}",
    ]


def test_a_card_with_an_error_has_no_score_and_blames_nobody():
    lines = summary(
        result(Verdict.PASSED, "starts"), result(Verdict.ERROR, reason=Text("The engine died.", "엔진이 죽음."))
    )

    assert "answers: The engine died." in lines
    assert "no score: an error that is not yours" in lines
    assert not any(line.startswith("score:") for line in lines)
    assert "Fix this first" not in "\n".join(lines)


def test_a_card_of_blocked_checks_alone_shows_its_score():
    lines = summary(result(Verdict.BLOCKED, blocked_by="starts"), picked=True)

    assert "score: 0 / 10 points" in lines
    assert "Everything works. Well done." not in lines


def test_notices_are_shown():
    assert "Left out: x" in summary(result(Verdict.PASSED), notices=(Text("Left out: x", "제외: x"),))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_control_character_of_a_submission_reaches_the_terminal(language):
    text = "".join(summary(result(Verdict.FAILED), language=language))

    assert "␛]0;title␇no␀thing␍x" in text
    assert "<U+202E>x" in text
    assert not [letter for letter in text if ord(letter) < 0x20 or letter == "\u202e"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_long_texts_are_wrapped_to_the_width(language):
    long = Finding("mute", *[Text("word " * 60, "글자 " * 60)] * 5)

    assert max(map(cell_len, summary(result(Verdict.FAILED, finding=long), language=language, width=70))) <= 70


def test_long_evidence_shows_its_last_lines():
    evidence = Evidence("$ log", "\n".join(f"line {number}" for number in range(30)))
    finding = Finding("mute", *[TITLE] * 5, evidence=(evidence,))

    text = "\n".join(summary(result(Verdict.FAILED, finding=finding)))

    assert "[... 18 ...]" in text
    assert "line 17" not in text
    assert "line 29" in text


def lab(*checks):
    return SimpleNamespace(id="harbour", version="1", title=TITLE, checks=checks)


def test_a_blocked_check_names_the_check_that_it_needs():
    assert terminal.reason(lab(), result(Verdict.BLOCKED, blocked_by="starts"), "en") == "needs starts"


def test_an_errors_detail_says_that_it_is_not_the_students_fault():
    error = result(Verdict.ERROR, reason=Text("The engine died.", "x"), detail="Trace\x1b[31m\nline")

    assert terminal.detail(lab(), error, "en") == [
        "The engine died.",
        "Not your fault: nothing was scored.",
        "Trace␛[31m",
        "line",
    ]


def test_the_heading_shows_a_hostile_path_safely():
    assert "\x1b" not in "".join(terminal.heading(lab(), Path("/x/\x1b[2J"), "en"))


@pytest.mark.parametrize("line", ["::add-mask::x", "   ::set-output name=a::b", "a ##[error]x", "##[command]y"])
def test_in_github_actions_a_students_words_are_no_commands(monkeypatch, line):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = terminal.harmless(line)
    monkeypatch.delenv("GITHUB_ACTIONS")

    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    assert terminal.harmless(line) == line

"""What the terminal shows of a scorecard."""

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.cells import cell_len

from graders.scorecards import terminal
from graders.verdicts import Evidence, Finding, Result, Scorecard, Text, Verdict

ROOT = Path(__file__).parents[2]
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


@pytest.mark.parametrize("width", [20, 40, 41, 59, 60, 80])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_long_title_is_cut_to_the_width(width, language, verdict):
    long = Result("x", Text("word " * 60, "글자 " * 60), 10, verdict, 10)

    line = terminal.check_line(long, language, width)[0]

    assert max(width, 40) - 1 <= cell_len(line) <= max(width, 40)  # a Korean letter may leave half its place free
    assert line.endswith("…")


def test_a_narrow_terminal_gets_verdict_points_and_title_without_columns():
    assert terminal.check_line(result(Verdict.PASSED), "en", 50)[0] == "✓ passed 10/10 answers: The store answers"


def test_the_stream_that_is_written_to_decides_about_symbols():
    ascii_stream = io.TextIOWrapper(io.BytesIO(), "ascii")

    assert terminal.check_line(result(Verdict.FAILED), "en", 120, ascii_stream)[0].startswith("  x failed")
    assert terminal.check_line(result(Verdict.FAILED), "en", 120)[0].startswith("  ✗ failed")


@pytest.mark.parametrize(("encoding", "full"), [("utf-8", True), ("UTF8", True), ("utf_8", True), ("utf-16", True),
                                                ("ascii", False), ("cp949", False), ("cp1252", False)])  # fmt: skip
def test_symbols_are_for_encodings_of_unicode(encoding, full):
    assert terminal.shows_symbols(SimpleNamespace(encoding=encoding)) is full


def test_a_stream_that_does_not_tell_its_encoding_gets_plain_symbols():
    assert not terminal.shows_symbols(SimpleNamespace())


def test_the_old_console_of_windows_gets_plain_symbols(monkeypatch):
    monkeypatch.setattr(terminal, "detect_legacy_windows", lambda: True)

    assert terminal.check_line(result(Verdict.FAILED), "en", 120)[0].isascii()


@pytest.mark.parametrize("width", [40, 80])
def test_a_cut_line_without_unicode_ends_in_three_dots(monkeypatch, width):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    long = Result("x", Text("word " * 60, "x"), 10, Verdict.PASSED, 10)

    line = terminal.check_line(long, "en", width)[0]

    assert line.endswith("...")
    assert line.isascii()
    assert cell_len(line) == width


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
@pytest.mark.parametrize("width", [40, 59, 60, 70])
def test_long_texts_are_wrapped_to_the_width(language, width):
    long = Finding("mute", *[Text("word " * 60, "글자 " * 60)] * 5)

    assert max(map(cell_len, summary(result(Verdict.FAILED, finding=long), language=language, width=width))) <= width


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_narrow_finding_has_each_label_on_a_line_of_its_own(language):
    lines = summary(result(Verdict.FAILED), language=language, width=40)
    label, words = {"en": ("  expected:", "    an answer"), "ko": ("  기대:", "    응답")}[language]

    assert lines[lines.index(label) + 1] == words


def test_a_long_word_stays_whole_up_to_two_lines_and_is_cut_by_columns_beyond():
    assert terminal._wrap("see " + "x" * 70, 40) == ["see", "x" * 70]
    assert [cell_len(line) for line in terminal._wrap("글" * 100, 41)] == [40, 40, 40, 40, 40]


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


@pytest.fixture
def too_much(tmp_path):
    """A submission that is refused, so that grading it needs no engine."""
    folder = tmp_path / "too-much"
    folder.mkdir()
    with (folder / "large").open("wb") as file:
        file.truncate(33 << 20)
    return folder


@pytest.fixture
def graded(too_much, tmp_path):
    """Run pytest on it, in a terminal of so many columns or into a pipe, and give the bytes that it wrote."""

    def run(*options, columns=None, **environment):
        command = [sys.executable, "-m", "pytest", "labs/networking", f"--submission={too_much}", *options,
                   f"--reports={tmp_path}", "-p", "no:cacheprovider"]  # fmt: skip
        unwanted = ("PYTEST_", "LC_", "LANG", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "TERM", "CI")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        environment = {**kept, "LANG": "C.UTF-8", "TERM": "xterm", "DOCKER_HOST": "unix:///nowhere", **environment}
        if columns is None:
            return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).stdout
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        output = b""
        with contextlib.suppress(OSError):  # how a terminal ends whose other side is closed
            while data := os.read(ours, 65536):
                output += data
        os.close(ours)
        process.wait()
        return output

    return run


def test_a_terminal_gets_colours_and_a_pipe_gets_none(graded):
    assert b"\x1b[31m" in graded(columns=80)
    assert b"\x1b" not in graded()


def test_no_color_takes_the_colours_and_keeps_the_symbols(graded):
    output = graded(columns=80, NO_COLOR="1")

    assert b"\x1b[3" not in output
    assert "✗ failed" in output.decode()


def test_q_shows_what_to_fix_and_the_score_without_a_line_for_each_check(graded):
    output = graded("-q", "--lang", "en").decode()

    assert "✗" not in output
    assert "Fix this first" in output
    assert "score: 0 / 100 points" in output


@pytest.mark.parametrize("language", ["en", "ko"])
def test_forty_columns_hold_all_lines_of_ours_but_the_paths(graded, language, tmp_path):
    lines = graded("--lang", language, columns=40, NO_COLOR="1").decode().splitlines()
    checks = [line for line in lines if line.startswith(("✗", "⊘"))]

    assert len(checks) == 12
    ours = lines[lines.index(checks[0]) :]
    assert [line for line in ours if cell_len(line) > 40 and str(tmp_path) not in line] == []


def test_an_encoding_without_our_symbols_gets_plain_ones(graded):
    output = graded("--lang", "en", PYTHONIOENCODING="ascii").decode("ascii")

    assert "x failed" in output
    assert "- blocked" in output
    assert "\\u" not in output


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949"])
def test_a_command_ends_well_where_the_terminal_lacks_letters(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "graders.cli", "labs", "--lang", "ko"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"networking" in done.stdout

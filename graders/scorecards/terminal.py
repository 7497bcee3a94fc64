"""What the terminal shows of a scorecard: plain lines with pytest's markup, one for each check, then the summary."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import detect_legacy_windows

from graders.rubric import Lab
from graders.texts import interface
from graders.verdicts import Finding, Result, Scorecard, Verdict, visible

SYMBOLS = {
    Verdict.PASSED: ("✓", "+"),
    Verdict.PARTIAL: ("◐", "~"),
    Verdict.FAILED: ("✗", "x"),
    Verdict.BLOCKED: ("⊘", "-"),
    Verdict.NOT_ASSESSABLE: ("?", "?"),
    Verdict.ERROR: ("!", "!"),
}
MARKUP: dict[Verdict, dict[str, bool]] = {
    Verdict.PASSED: {"green": True},
    Verdict.PARTIAL: {"yellow": True},
    Verdict.FAILED: {"red": True},
    Verdict.BLOCKED: {"light": True},
    Verdict.NOT_ASSESSABLE: {"cyan": True},
    Verdict.ERROR: {"purple": True, "bold": True},
}
VERDICT = 14  # columns of a verdict's word
LABEL = 15  # columns of the words before expected, seen, why, ...
NARROW = 60  # columns below which nothing is aligned, and a label gets a line of its own
NARROWEST = 40  # columns; what is narrower is not laid out for
EVIDENCE_LINES = 12  # of each piece; the card has all
Line = tuple[str, dict[str, bool]]


def harmless(text: str) -> str:
    """A line that GitHub's runner takes for no command, which it would obey within a student's words, too
    (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs)."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    text = text.replace("##[", "## [")
    return text.replace("::", ": :", 1) if text.lstrip().startswith("::") else text


def heading(lab: Lab, submission: Path, language: str) -> list[str]:
    """The lines above a lab's checks."""
    text = interface("grading").fill({"submission": visible(str(submission), 200)}).in_language(language)
    return ["", f"{lab.title.in_language(language)} ({lab.id} {lab.version}): {text}"]


def check_line(result: Result, language: str, width: int, stream: Any = None) -> Line:
    """A check: symbol, verdict, points, time, title; where there is little room, without the time and unaligned.

    Args:
        width: columns of the terminal.
        stream: where the line will go; standard output where it is None.
    """
    verdict, full = result.verdict, shows_symbols(stream)
    symbol = SYMBOLS[verdict][0 if full else 1]
    word = interface(verdict.value).in_language(language)
    scored = "-" if verdict in (Verdict.ERROR, Verdict.NOT_ASSESSABLE) else f"{result.earned:g}"
    points = f"{scored}/{result.points:g}"
    title = f"{result.check}: {result.title.in_language(language)}"
    if width < NARROW:
        text = f"{symbol} {word} {points} {title}"
    else:
        text = f"  {symbol} {set_cell_size(word, VERDICT)} {points:>7} {result.seconds:6.2f} s  {title}"
    return cut(text, max(width, NARROWEST), "…" if full else "...").rstrip(), MARKUP[verdict]


def cut(text: str, width: int, mark: str) -> str:
    """A text that takes at most so many columns, with a mark at its end where something is missing."""
    return text if cell_len(text) <= width else set_cell_size(text, width - cell_len(mark)) + mark


def reason(lab: Lab, result: Result, language: str) -> str:
    """Why a check was not observed."""
    if result.blocked_by:
        title = next((c.title for c in lab.checks if c.id == result.blocked_by), None)
        need = f"{title.in_language(language)} ({result.blocked_by})" if title else result.blocked_by
        return interface("needs").fill({"need": need}).in_language(language)
    return result.reason.in_language(language) if result.reason else ""


def detail(lab: Lab, result: Result, language: str) -> list[str]:
    """All that is known of a check that did not pass, as plain lines."""
    if result.finding:
        return [harmless(text) for text, _ in _finding(result, result.finding, language, 100)]
    lines = [reason(lab, result, language)]
    if result.verdict is Verdict.ERROR:
        lines += [interface("not_your_fault").in_language(language), *visible(result.detail).splitlines()]
    return lines


def summary(card: Scorecard, path: Path, language: str, width: int) -> Iterator[Line]:
    """The lines after the checks: what to fix first, the score, the card."""
    yield "", {}
    first = card.first
    if first and first.finding:
        title = f"{interface('fix_first').in_language(language)}: {first.title.in_language(language)} ({first.check})"
        yield from ((line, {"bold": True}) for line in _wrap(title, max(width, NARROWEST)))
        yield from _finding(first, first.finding, language, width)
        yield "", {}
    for result in card.results:
        if result.verdict is Verdict.ERROR:
            yield f"{result.check}: {result.reason.in_language(language) if result.reason else ''}", {"purple": True}
    for notice in card.notices:
        yield notice.in_language(language), {}
    if card.complete:
        points = interface("points").in_language(language)
        text = f"{card.earned:g} / {card.possible:g} {points}"
        yield (
            f"{interface('score').in_language(language)}: {text}",
            {"bold": True, "green" if card.full_marks else "red": True},
        )
        if card.full_marks and not card.picked:
            yield interface("all_well").in_language(language), {"green": True}
    else:
        yield interface("no_score").in_language(language), {"bold": True, "purple": True}
        yield interface("run_again").in_language(language), {}
    if card.picked:
        yield interface("picked").in_language(language), {}
    yield f"{interface('card').in_language(language)}: {path}", {}


def _finding(result: Result, finding: Finding, language: str, width: int) -> Iterator[Line]:
    narrow, width = width < NARROW, max(width, NARROWEST)
    margin = " " * (4 if narrow else LABEL + 4)

    def row(key: str, text: str, **markup: bool) -> Iterator[Line]:
        label = interface(key).in_language(language)
        if narrow:
            yield f"  {label}:", {}
        for number, line in enumerate(_wrap(text, width - len(margin))):
            before = margin if narrow or number else f"  {set_cell_size(label, LABEL)}  "
            yield f"{before}{line}".rstrip(), markup

    yield from (("  " + line, {"red": True}) for line in _wrap(finding.wrong.in_language(language), width - 4))
    yield from row("expected", finding.expected.in_language(language), green=True)
    yield from row("seen", finding.seen.in_language(language), red=True)
    yield from row("why", finding.why.in_language(language))
    for piece in finding.evidence[:3]:
        lines = piece.text.splitlines()
        yield from row("evidence", piece.title)
        left_out = len(lines) - EVIDENCE_LINES
        if left_out > 0:
            lines = [f"[... {left_out} ...]", *lines[-EVIDENCE_LINES:]]
        yield from ((f"{margin}| {line}"[: width * 2], {"light": True}) for line in lines)
    yield from row("try", finding.try_.in_language(language))
    if finding.reproduce:
        yield from row("reproduce", finding.reproduce)
    if result.hints:
        yield from row("hint", result.hints[0].in_language(language))


def _wrap(text: str, width: int) -> list[str]:
    """Break lines at spaces by what they take on the screen, where Korean letters are two columns wide.

    A single word that is longer, a path or a command, stays whole, so that it can be copied, up to two lines' length.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
            if cell_len(line) > width * 2:
                *full, line = chop_cells(line, width)
                lines += full
        lines.append(line)
    return lines


def shows_symbols(stream: Any = None) -> bool:
    """Whether a stream's terminal shows more than ASCII: its encoding is one of Unicode's, and its letters are ours.

    The console of Windows before its Terminal takes UTF-8, but its fonts lack most symbols.

    Args:
        stream: standard output where it is None.
    """
    encoding = (getattr(stream or sys.stdout, "encoding", "") or "").lower().replace("-", "").replace("_", "")
    return encoding in ("utf8", "utf8sig", "utf16") and not detect_legacy_windows()

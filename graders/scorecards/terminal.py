"""What the terminal shows of a scorecard: plain lines with pytest's markup, one for each check, then the summary."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from rich.cells import cell_len, set_cell_size

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


def check_line(result: Result, language: str, width: int) -> Line:
    """A check: symbol, verdict, points, time, title."""
    verdict = result.verdict
    symbol = SYMBOLS[verdict][0 if _unicode() else 1]
    word = set_cell_size(interface(verdict.value).in_language(language), VERDICT)
    scored = "-" if verdict in (Verdict.ERROR, Verdict.NOT_ASSESSABLE) else f"{result.earned:g}"
    points = f"{scored}/{result.points:g}".rjust(7)
    title = f"{result.check}: {result.title.in_language(language)}"
    text = f"  {symbol} {word} {points} {result.seconds:6.2f} s  {title}"
    if cell_len(text) > max(width, 60):
        text = set_cell_size(text, max(width, 60) - 1) + "…"
    return text.rstrip(), MARKUP[verdict]


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
        yield title, {"bold": True}
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
    def row(key: str, text: str, **markup: bool) -> Iterator[Line]:
        label = set_cell_size(interface(key).in_language(language), LABEL)
        for number, line in enumerate(_wrap(text, max(width, 60) - LABEL - 4)):
            yield f"  {label if number == 0 else ' ' * LABEL}  {line}".rstrip(), markup

    yield from (("  " + line, {"red": True}) for line in _wrap(finding.wrong.in_language(language), max(width, 60) - 4))
    yield from row("expected", finding.expected.in_language(language), green=True)
    yield from row("seen", finding.seen.in_language(language), red=True)
    yield from row("why", finding.why.in_language(language))
    for piece in finding.evidence[:3]:
        lines = piece.text.splitlines()
        yield from row("evidence", piece.title)
        cut = len(lines) - EVIDENCE_LINES
        if cut > 0:
            lines = [f"[... {cut} ...]", *lines[-EVIDENCE_LINES:]]
        yield from ((f"  {' ' * LABEL}  | {line}"[: max(width, 60) * 2], {"light": True}) for line in lines)
    yield from row("try", finding.try_.in_language(language))
    if finding.reproduce:
        yield from row("reproduce", finding.reproduce)
    if result.hints:
        yield from row("hint", result.hints[0].in_language(language))


def _wrap(text: str, width: int) -> list[str]:
    """Break lines at spaces by what they take on the screen, where Korean letters are two columns wide."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines += textwrap.wrap(line, width) if cell_len(line) > width * 2 else [line]
    return lines


def _unicode() -> bool:
    return (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "") in ("utf8", "utf16")

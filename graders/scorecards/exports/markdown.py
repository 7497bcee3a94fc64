"""Plain Markdown, as GitHub reads it (https://github.github.com/gfm/): what strangers wrote is text, never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from graders.scorecards.exports.words import MOST_EVIDENCE, no_grade, reason, say, told
from graders.verdicts import Result, Scorecard, Verdict

SYMBOLS = {
    Verdict.PASSED: "✅",
    Verdict.PARTIAL: "🟡",
    Verdict.FAILED: "❌",
    Verdict.BLOCKED: "⛔",
    Verdict.NOT_ASSESSABLE: "❔",
    Verdict.ERROR: "⚠️",
}
_CODE = re.compile(r"`([^`\n]+)`")
_MARKUP = re.compile(r"([\\`*_{}\[\]()!|~$])")
# GitHub looks for names after it has read the Markdown, so that neither a backslash nor an entity hides one; this does
# (https://github.com/github/cmark-gfm/issues/181).
_UNNAMED = "@&#8203;"
_BLOCK = re.compile(r"^(\d*)([-+#=.)])")  # what makes a list or a heading of a line


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text."""
    return "\n".join(document(card, language, evidence=True)) + "\n"


def document(card: Scorecard, language: str, *, evidence: bool, findings: bool = True) -> Iterator[str]:
    """The lines of a card, with or without what was seen, and with or without evidence of it."""
    yield f"## {escape(card.title.in_language(language))}: {score(card, language)}"
    yield ""
    yield f"{escape(card.submission)} · {escape(card.started)}"
    yield ""
    if not card.complete:
        yield f"**{say('not_your_fault', language)}** {prose(say('run_again', language))}"
        yield ""
    if card.picked:
        yield say("picked", language)
        yield ""
    for notice in card.notices:
        yield f"- {prose(notice.in_language(language))}"
        yield ""
    first = card.first
    if first and findings:
        yield f"### {say('fix_first', language)}: {escape(first.title.in_language(language))}"
        yield ""
        yield from _finding(first, language, evidence)
    yield f"### {say('checks', language)}"
    yield ""
    yield from _table(card, language)
    for result in card.results:
        if findings and result.finding and result is not first:
            title = f"{SYMBOLS[result.verdict]} {html(' '.join(result.title.in_language(language).split()))}"
            yield f"<details><summary>{title}</summary>"
            yield ""
            yield from _finding(result, language, evidence)
            yield "</details>"
            yield ""


def score(card: Scorecard, language: str) -> str:
    """The score in a few words."""
    if not card.complete:
        return say("no_score", language)
    if no_grade(card) == "nothing_assessed":
        return say("nothing_assessed", language)
    return f"{card.earned:g} / {card.possible:g} {say('points', language)}"


def _table(card: Scorecard, language: str) -> Iterator[str]:
    yield f"| | {say('checks', language)} | {say('points', language)} |"
    yield "|---|---|---:|"
    for result in card.results:
        scored = "–" if result.verdict in (Verdict.ERROR, Verdict.NOT_ASSESSABLE) else f"{result.earned:g}"
        word = say(result.verdict.value, language)
        title = escape(result.title.in_language(language))
        more = escape(reason(card, result, language))
        words = f"{title}<br>{more}" if more else title
        yield f"| {SYMBOLS[result.verdict]} {word} | {words} | {scored} / {result.points:g} |"
    yield ""


def _finding(result: Result, language: str, evidence: bool) -> Iterator[str]:
    finding = result.finding
    if finding is None:
        return
    yield prose(finding.wrong.in_language(language))
    yield ""
    for key, text in told(result, language):
        if key == "reproduce":
            yield f"- **{say(key, language)}**:"
            yield ""
            yield from fenced(text)
        else:
            yield f"- **{say(key, language)}**: {prose(text)}"
    yield ""
    for piece in finding.evidence if evidence else ():
        yield f"{escape(piece.title)}"
        yield ""
        yield from fenced(piece.text[-MOST_EVIDENCE:])
        yield ""


def html(text: str, at: str = _UNNAMED) -> str:
    """A text within HTML; nobody is mentioned by it, and no address in it becomes a link."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("@", at)):
        text = text.replace(character, entity)
    return text.replace("://", "&#58;//").replace("www.", "www&#46;")


def escape(text: str) -> str:
    """A text of one line of which nothing is markup."""
    return _BLOCK.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", html(" ".join(text.split()))))


def prose(text: str) -> str:
    """A text of ours with facts in it: what stands in backticks is code, all else is text; lines stay lines."""
    return "<br>".join(_BLOCK.sub(r"\1\\\2", _line(line)) for line in text.splitlines())


def _line(text: str) -> str:
    parts = enumerate(_CODE.split(text))
    return "".join(f"<code>{_code(part)}</code>" if at % 2 else _MARKUP.sub(r"\\\1", html(part)) for at, part in parts)


def _code(text: str) -> str:
    """A text within the tag <code>, in which Markdown is still read; a name in it is left whole, to be copied."""
    return _MARKUP.sub(r"\\\1", html(text, at="&#64;"))


def fenced(text: str) -> Iterator[str]:
    """A block of code that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from text.splitlines()
    yield fence

"""The scorecard as one self-contained page: no request to anywhere, and no script."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from graders.scorecards.pictures import events, topology
from graders.scorecards.record import safe
from graders.texts import interface
from graders.verdicts import LANGUAGES, Evidence, Scorecard, Text, Verdict

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 8_000  # characters of one text
EVIDENCE_BYTES = 110_000  # of all evidence on a page, so that the page stays small enough to mail
LEAST_EVIDENCE = 300  # bytes of one piece, however many there are

# What `visible` made of invisible characters, and what it and Evidence say of a cut.
_ODD = re.compile(r"((?:[\u2400-\u2421]|<U\+[0-9A-F]{4,6}>)+)|\[\.\.\. (\d+) (lines|characters) left out \.\.\.\]")
_MARK = len('<span class="odd"></span>')
_CODE = re.compile(r"`([^`\n]+)`")


def render(card: Scorecard, language: str, *, pages: Mapping[str, str] | None = None) -> str:
    """The page of a card.

    Args:
        card: what is shown.
        language: of the whole page.
        pages: language -> file name of the page in it, for the link to the other one.
    """
    page = Page(card, language)
    pages = pages or {
        speech: "scorecard.html" if speech == language else f"scorecard.{speech}.html" for speech in LANGUAGES
    }
    style = Markup((TEMPLATES / "scorecard.css").read_text("utf-8"))  # noqa: S704 - a file of ours
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    others = [
        (speech, pages[speech], interface("other_language").in_language(language))
        for speech in LANGUAGES
        if speech != language
    ]
    return (
        _environment()
        .get_template("scorecard.html")
        .render(
            card=card,
            language=language,
            others=others,
            style=style,
            style_hash=f"sha256-{digest}",
            counts=Counter(result.verdict for result in card.results),
            titles={result.check: result.title for result in card.results},
            error=next((r for r in card.results if r.verdict is Verdict.ERROR), None),
            topology=topology(card.observed),
            events=events(card.observed),
            Verdict=Verdict,
            say=page.say,
            prose=page.prose,
            plain=page.plain,
            shown=page.shown,
            evidence=page.evidence,
            moment=moment,
            number=number,
        )
    )


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: Any) -> Any:
    """Every text that a template inserts is made safe to read, after which autoescape makes it safe to show."""
    return safe(value, LONGEST) if isinstance(value, str) and not hasattr(value, "__html__") else value


class Page:
    """What the templates need to write a card in one language."""

    def __init__(self, card: Scorecard, language: str) -> None:
        self.language = language
        pieces = sum(len(r.finding.evidence) for r in card.results if r.finding) or 1
        self._room = max(EVIDENCE_BYTES // pieces, LEAST_EVIDENCE)

    def say(self, key: str, **facts: object) -> str:
        """A text of the interface."""
        return interface(key).fill({name: str(fact) for name, fact in facts.items()}).in_language(self.language)

    def plain(self, text: Text | Mapping[str, str] | str) -> str:
        """A text in the page's language."""
        if isinstance(text, Text):
            return text.in_language(self.language)
        return text if isinstance(text, str) else text[self.language]

    def prose(self, text: Text | str) -> Markup:
        """A text in the page's language, with what stands in backticks as code."""
        parts = _CODE.split(safe(self.plain(text), LONGEST))
        return Markup("").join(
            Markup("<code>{}</code>").format(self.shown(part)) if number % 2 else self.shown(part)
            for number, part in enumerate(parts)
        )

    def shown(self, text: str) -> Markup:
        """A text with its invisible characters marked, and what is said of a cut in the page's language."""
        text = safe(text, LONGEST)
        parts, end = [], 0
        for match in _ODD.finditer(text):
            parts += [escape(text[end : match.start()]), self._odd(match)]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])

    def _odd(self, match: re.Match[str]) -> Markup:
        if match[1]:
            return Markup('<span class="odd">{}</span>').format(match[1])
        return Markup('<span class="cut">{}</span>').format("… " + self.say(f"{match[3]}_left_out", count=match[2]))

    def evidence(self, piece: Evidence) -> Markup:
        """A piece of evidence; its end where the page has no room for all of it, which is then said."""
        text = safe(piece.text, LONGEST)
        kept = _last_bytes(text, self._room)
        if kept == text:
            return self.shown(text)
        return Markup('<span class="cut">{}</span>\n').format("… " + self.say("shortened")) + self.shown(kept)


def _last_bytes(text: str, room: int) -> str:
    """As many of the last characters as take this room on the page, from the start of a line where that is near."""
    used, start = 0, len(text)
    while start and (used := used + _size(text[start - 1])) <= room:
        start -= 1
    kept = text[start:]
    head, newline, rest = kept.partition("\n")
    return rest if start and newline and len(head) < len(kept) // 2 else kept


def _size(character: str) -> int:
    """The most bytes that a character of evidence takes on the page."""
    marked = character == "<" or "\u2400" <= character <= "\u2421"
    return len(escape(character).encode()) + (_MARK if marked else 0)


def moment(started: str) -> str:
    """A time as people read it: 2025-11-24 07:25:10 (UTC+09:00)."""
    try:
        when = datetime.datetime.fromisoformat(started).replace(microsecond=0)
    except ValueError:
        return started
    zone = f" (UTC{when.isoformat()[19:]})" if when.tzinfo else ""
    return f"{when:%Y-%m-%d %H:%M:%S}{zone}"


def number(value: float, digits: int = 2) -> str:
    """A number without needless zeros: 12.5, 100."""
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".") if digits and value % 1 else f"{value:.0f}"

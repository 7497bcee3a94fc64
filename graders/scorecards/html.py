"""The scorecard as one self-contained page: no request to anywhere, and whole without its script."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from graders.scorecards.pages import CODE, LONGEST, TEMPLATES, Words, page_names, write_page
from graders.scorecards.pictures import events, layers, topology
from graders.scorecards.record import safe
from graders.verdicts import Evidence, Result, Scorecard, Text, Verdict

EVIDENCE_BYTES = 110_000  # of all evidence on a page, so that the page stays small enough to mail
LEAST_EVIDENCE = 300  # bytes of one piece, however many there are

_MARK = len('<span class="odd"></span>')
_WORD = re.compile(r"\w+(?:[.:/-]\w+)*|\s+|[^\w\s]")  # an address, a version or a path is one word
MOST_COMPARED = 2_000  # words; comparing takes their product
LEAST_ALIKE = 0.6  # of two texts whose differences are worth a mark


def render(card: Scorecard, language: str, *, pages: Mapping[str, str] | None = None) -> str:
    """The page of a card.

    Args:
        card: what is shown.
        language: of the whole page.
        pages: language -> file name of the page in it, for the link to the other one.
    """
    page = Page(card, language)
    return write_page(
        page,
        TEMPLATES / "scorecard.html",
        pages or page_names("scorecard", language),
        look="scorecard",
        card=card,
        parts=_parts(card.results),
        counts=Counter(result.verdict for result in card.results),
        titles={result.check: result.title for result in card.results},
        error=next((r for r in card.results if r.verdict is Verdict.ERROR), None),
        topology=topology(card.observed),
        layers=layers(card.observed),
        events=events(card.observed),
        Verdict=Verdict,
        compare=page.compare,
        evidence=page.evidence,
        megabytes=megabytes,
    )


@dataclass(frozen=True)
class Part:
    """The checks of one task, or all where the lab has no tasks."""

    task: Text | None
    results: tuple[Result, ...]

    @property
    def earned(self) -> float:
        """Points earned in it."""
        return sum(result.earned for result in self.results)

    @property
    def possible(self) -> float:
        """Points that could be earned in it on this machine."""
        return sum(result.points for result in self.results if result.verdict is not Verdict.NOT_ASSESSABLE)


def _parts(results: Iterable[Result]) -> list[Part]:
    return [Part(task, tuple(group)) for task, group in itertools.groupby(results, lambda result: result.task)]


@dataclass(frozen=True)
class Piece:
    """A word of a text, or what is between two words."""

    text: str
    code: bool = False
    marked: bool = False


class Page(Words):
    """What the templates need to write a card in one language."""

    def __init__(self, card: Scorecard, language: str) -> None:
        super().__init__(language)
        pieces = sum(len(r.finding.evidence) for r in card.results if r.finding) or 1
        self._room = max(EVIDENCE_BYTES // pieces, LEAST_EVIDENCE)

    def compare(self, expected: Text, seen: Text) -> tuple[Markup, Markup]:
        """Two texts as `prose`, with their differences marked where they are much the same."""
        texts = [_pieces(safe(self.plain(text), LONGEST)) for text in (expected, seen)]
        return tuple(map(self._written, mark_differences(*texts)))  # type: ignore[return-value]

    def _written(self, pieces: Iterable[Piece]) -> Markup:
        written = []
        for code, run in itertools.groupby(pieces, lambda piece: piece.code):
            inside = Markup("").join(
                Markup("<mark>{}</mark>").format(self.shown(text)) if marked else self.shown(text)
                for marked, text in _joined(run)
            )
            written.append(Markup("<code>{}</code>").format(inside) if code else inside)
        return Markup("").join(written)

    def evidence(self, piece: Evidence) -> Markup:
        """A piece of evidence; its end where the page has no room for all of it, which is then said."""
        text = safe(piece.text, LONGEST)
        kept = _last_bytes(text, self._room)
        if kept == text:
            return self.shown(text)
        return Markup('<span class="cut">{}</span>\n').format("… " + self.say("shortened")) + self.shown(kept)


def _pieces(text: str) -> list[Piece]:
    """A text in words and what is between them; what stands in backticks is code."""
    return [
        Piece(word, bool(number % 2)) for number, part in enumerate(CODE.split(text)) for word in _WORD.findall(part)
    ]


def _joined(pieces: Iterable[Piece]) -> Iterator[tuple[bool, str]]:
    for marked, run in itertools.groupby(pieces, lambda piece: piece.marked):
        yield marked, "".join(piece.text for piece in run)


def mark_differences(expected: Sequence[Piece], seen: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Mark in each of two texts what the other does not have; nothing where they have little in common."""
    if max(len(expected), len(seen)) > MOST_COMPARED:
        return list(expected), list(seen)
    matcher = difflib.SequenceMatcher(None, expected, seen, autojunk=False)
    if not LEAST_ALIKE <= matcher.ratio() < 1:
        return list(expected), list(seen)
    wanted, saw = [], []
    for kind, first, last, start, end in matcher.get_opcodes():
        wanted += [replace(piece, marked=kind != "equal") for piece in expected[first:last]]
        saw += [replace(piece, marked=kind != "equal") for piece in seen[start:end]]
    return wanted, saw


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


def megabytes(size: int) -> str:
    """A number of bytes as people read it: 40.0 MB, 2 KB."""
    return f"{size / (1 << 20):.1f} MB" if size >= 100 << 10 else f"{-(-size // 1024)} KB"

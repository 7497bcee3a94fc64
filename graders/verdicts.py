"""Verdicts, findings and the scorecard: records, and the arithmetic of points. Imports nothing of ours."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST_FACT = 400  # characters of one inserted value
LONGEST_EVIDENCE = 6000  # characters of one piece of evidence
MOST_EVIDENCE_LINES = 40

LANGUAGES = ("en", "ko")


class Verdict(enum.StrEnum):
    """What a check came to."""

    PASSED = "passed"
    PARTIAL = "partial"  # a share of the points
    FAILED = "failed"
    BLOCKED = "blocked"  # a check that it needs has failed; 0 points
    NOT_ASSESSABLE = "not_assessable"  # this machine cannot observe it; the points leave the total
    ERROR = "error"  # our fault or the machine's; not scored


@dataclass(frozen=True)
class Text:
    """One text in every language of the project."""

    en: str
    ko: str

    def in_language(self, language: str) -> str:
        """The text in a language; English for one that we do not have."""
        return self.ko if language == "ko" else self.en

    def fill(self, facts: Mapping[str, str]) -> Text:
        """Insert values for `{placeholders}`; one without a value stays as it is."""
        return Text(_fill(self.en, facts), _fill(self.ko, facts))

    def placeholders(self) -> frozenset[str]:
        """The names that the text has in braces, in any language."""
        return frozenset(_PLACEHOLDER.findall(self.en)) | frozenset(_PLACEHOLDER.findall(self.ko))

    @classmethod
    def same(cls, text: str) -> Text:
        """A text that is the same in every language: a command, a name."""
        return cls(text, text)


_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def _fill(text: str, facts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), text)


def visible(text: str, longest: int = LONGEST_EVIDENCE) -> str:
    """Make a stranger's text safe to show: what a terminal or a reader would not see gets a visible form.

    Escape sequences, control and format characters (bidirectional marks among them) and lone surrogates are
    replaced; line ends and tabs stay; what is longer than `longest` characters is cut, and the cut is said.
    """
    cut = len(text) - longest
    if cut > 0:
        half = longest // 2
        text = f"{text[:half]}\n[... {cut} characters left out ...]\n{text[-half:]}"
    text = text.replace("\r\n", "\n")
    # Nearly every text is as it should be, and a class has a million of them: one look at the whole is enough.
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character in "\n\t":
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the symbol for the control character
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return f"<U+{code:04X}>"
    return character


@dataclass(frozen=True)
class Evidence:
    """Something that was seen: usually a command and what it printed.

    Args:
        title: what it is, a command as a rule; the same in every language.
        text: what was seen; made visible, and cut to its last lines where it is long.
    """

    title: str
    text: str

    def __post_init__(self) -> None:
        lines = visible(self.text).rstrip("\n").split("\n")
        if len(lines) > MOST_EVIDENCE_LINES:
            left_out = len(lines) - MOST_EVIDENCE_LINES
            lines = [f"[... {left_out} lines left out ...]", *lines[-MOST_EVIDENCE_LINES:]]
        object.__setattr__(self, "text", "\n".join(lines))
        object.__setattr__(self, "title", visible(self.title, LONGEST_FACT))


@dataclass(frozen=True)
class Finding:
    """What a check saw, and which misconception it takes it for."""

    cause: str
    wrong: Text  # what is wrong
    why: Text  # why it matters
    try_: Text  # what to try
    expected: Text
    seen: Text
    evidence: tuple[Evidence, ...] = ()
    reproduce: str = ""  # a command that shows it again


@dataclass(frozen=True)
class Result:
    """One check's verdict."""

    check: str
    title: Text
    points: float
    verdict: Verdict
    earned: float = 0.0
    seconds: float = 0.0
    finding: Finding | None = None
    blocked_by: str = ""  # the need that failed
    reason: Text | None = None  # why it could not be assessed, or what the error was
    hints: tuple[Text, ...] = ()
    lesson: str = ""  # where to read
    detail: str = ""  # of an error: its trace, for whoever mends it
    task: Text | None = None  # the part of the lab that the check belongs to


@dataclass(frozen=True)
class Scorecard:
    """One submission's verdicts and points."""

    lab: str
    lab_version: str
    title: Text
    week: int
    submission: str  # its folder's name
    digest: str  # of the submission's files
    run: str  # random id of this grading
    started: str  # ISO 8601 with zone
    seconds: float
    versions: Mapping[str, str]
    results: tuple[Result, ...]
    notices: tuple[Text, ...] = ()
    picked: bool = False  # only some of the lab's checks were asked for
    observed: Mapping[str, object] = field(default_factory=dict)  # what the engine had, for pictures

    @property
    def earned(self) -> float:
        """Points earned."""
        return round(sum(result.earned for result in self.results), 2)

    @property
    def possible(self) -> float:
        """Points that could be earned on this machine."""
        return round(sum(r.points for r in self.results if r.verdict is not Verdict.NOT_ASSESSABLE), 2)

    @property
    def complete(self) -> bool:
        """Whether there is a score: every check has a verdict, and none is an error."""
        return bool(self.results) and all(result.verdict is not Verdict.ERROR for result in self.results)

    @property
    def full_marks(self) -> bool:
        """Whether every point was earned, and there was one to earn."""
        return self.complete and self.possible > 0 and self.earned == self.possible

    @property
    def first(self) -> Result | None:
        """What to fix first: the earliest check that failed on its own account, not for a need's sake."""
        return next((r for r in self.results if r.verdict in (Verdict.FAILED, Verdict.PARTIAL)), None)


def earned(points: float, verdict: Verdict, share: float = 0.0) -> float:
    """The points for a verdict.

    Args:
        points: what the check is worth.
        share: of a partial verdict, above 0 and below 1.
    """
    if verdict is Verdict.PASSED:
        return float(points)
    return round(points * share, 2) if verdict is Verdict.PARTIAL else 0.0

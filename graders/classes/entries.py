"""Who handed in what: the records of a roster, and what to say where a hand-in cannot be had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graders.texts import catalogue
from graders.verdicts import Text, visible

LONGEST_SHOWN = 200  # characters of a stranger's name in a text


@dataclass(frozen=True)
class Entry:
    """One student's hand-in."""

    id: str  # data as it stands in the roster, never a path
    name: str  # for people; may be empty
    source: Path | None  # a folder or an archive; None: nothing was handed in
    handed_in: datetime | None  # with zone
    lab: str = ""  # the lab it was handed in for: tells where in an archive its files lie


@dataclass(frozen=True)
class Problem:
    """Something that was said, not guessed."""

    id: str  # the student's; empty where it is the roster's
    what: Text


@dataclass(frozen=True)
class Roster:
    """A class's hand-ins. A student is in it once: in `entries`, or, where nobody can tell what was handed in, in
    `problems` alone. Whoever handed in nothing has an entry without a source and a problem that says so."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


class Refused(Exception):
    """A hand-in, or a part of it, cannot be taken. Never a zero: someone must look at it."""

    def __init__(self, what: Text) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return self.what.en


class RosterError(Refused):
    """The roster itself cannot be read."""


class HandInRefused(Refused):
    """One student's hand-in cannot be graded; `problem` says whose and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.args = (problem,)  # what it is made from again when it is sent to another process
        self.problem = problem


def said(key: str, **facts: object) -> Text:
    """A text of the catalogue `roster` with values that are safe to show, on one line.

    Args:
        key: its msgid.
        facts: the values of its placeholders; strangers' names among them.
    """
    return catalogue("roster")[key].fill({name: one_line(str(value)) for name, value in facts.items()})


def one_line(text: str) -> str:
    """A stranger's text in visible characters on one line, cut where it is long."""
    if len(text) > LONGEST_SHOWN:
        text = text[:LONGEST_SHOWN] + "…"
    return visible(text).replace("\n", "␊").replace("\t", "␉")

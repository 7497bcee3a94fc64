"""Grades again on every save, in docks that are started before they are needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from graders.dock import Submission, Trouble
from graders.grading import Grade, Options
from graders.labs import Checks
from graders.rubric import Lab
from graders.saves import Saves, take_in
from graders.verdicts import Result, Scorecard, Verdict
from graders.warm import Warm

SETTLED = (Verdict.PASSED, Verdict.NOT_ASSESSABLE)
FAILING = (Verdict.FAILED, Verdict.PARTIAL)


@dataclass(frozen=True)
class Change:
    """A check that came to something else than in the run before."""

    check: str
    before: Result
    after: Result

    @property
    def better(self) -> bool:
        """Whether it passes now."""
        return self.after.verdict in SETTLED


def changes(before: Scorecard, after: Scorecard) -> list[Change]:
    """The checks whose verdict or cause is another one now."""
    earlier = {result.check: result for result in before.results}
    found = []
    for result in after.results:
        old = earlier.get(result.check)
        if old and _outcome(old) != _outcome(result):
            found.append(Change(result.check, old, result))
    return found


def still_failing(before: Scorecard, after: Scorecard) -> list[Result]:
    """The checks that fail as they did before."""
    changed = {change.check for change in changes(before, after)}
    return [result for result in after.results if result.verdict in FAILING and result.check not in changed]


def interesting(before: Scorecard | None, after: Scorecard) -> frozenset[str]:
    """The checks whose next verdict matters most: those that did not pass, and those that changed."""
    found = {result.check for result in after.results if result.verdict not in SETTLED}
    return frozenset(found | {change.check for change in (changes(before, after) if before else ())})


def _outcome(result: Result) -> tuple[Verdict, str, float]:
    return result.verdict, result.finding.cause if result.finding else "", result.earned


class Audience(Protocol):
    """Who is told what a watch comes to."""

    def begun(self) -> None:
        """A grading begins."""

    def told(self, result: Result) -> None:
        """A result is final. They come in no fixed order."""

    def done(self, before: Scorecard | None, card: Scorecard) -> None:
        """A card is whole; `before` is the last one that had a score."""

    def failed(self, problem: Trouble) -> None:
        """The machine, or a folder that is gone, is why there is no card."""


class Watch:
    """A folder that is graded now and after each save.

    Args:
        folder: the submission.
        audience: is told all, in the thread that calls `run`.
    """

    def __init__(self, lab: Lab, code: Checks, folder: Path, options: Options, audience: Audience) -> None:
        self.lab, self.code, self.folder, self.options, self.audience = lab, code, folder, options, audience
        self._grade: Grade | None = None
        self._digest = ""  # of what is graded, or was

    def run(self, cards: int = 0) -> None:
        """Grade until interrupted.

        Args:
            cards: end after so many; 0 for never.
        """
        before: Scorecard | None = None
        made = 0
        with Warm(self.lab, self.options) as warm, Saves(self.folder, self._saved) as saves:
            while True:
                saves.seen()
                try:
                    card = self._one(warm, saves)
                except Trouble as problem:
                    card, self._digest = None, ""
                    self.audience.failed(problem)
                    saves.wait()
                warm.prepare()  # only now, since it takes the processors from the verdicts
                if card:
                    self.audience.done(before, card)
                    self.options = replace(self.options, first=interesting(before, card))
                    before = card if card.complete or before is None else before
                    made += 1
                    if made == cards:
                        return
                    saves.wait()

    def _saved(self) -> bool:
        """Whether the submission is another one now; then the grading of the earlier one ends."""
        try:
            taken = take_in(self.folder)
        except Trouble:  # told by the next grading
            taken = None
        if isinstance(taken, Submission) and taken.digest == self._digest:
            return False
        if self._grade:
            self._grade.abandon()
        return True

    def _one(self, warm: Warm, saves: Saves) -> Scorecard | None:
        """The card of one grading; None where a save came meanwhile."""
        taken = take_in(self.folder)
        self._digest = taken.digest if isinstance(taken, Submission) else ""
        self.audience.begun()
        grade = Grade(self.lab, self.code, self.folder, self.options, submission=taken, dock=warm.take())
        self._grade = grade
        try:
            if saves.waiting:  # it came before there was a grade to end
                grade.abandon()
            self._tell(grade.results())
            return None if grade.cancelled else self._finished(grade)
        finally:
            grade.abandon()
            self._grade = None

    def _tell(self, results: Iterable[Result]) -> None:
        for result in results:
            self.audience.told(result)

    def _finished(self, grade: Grade) -> Scorecard:
        card = grade.finish()
        if not card.complete:
            self._digest = ""  # the same again may come to something better
        return card

"""What a class page shows: a class's students with their scorecards, and what stood in the way of others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from graders.classes.entries import Problem
from graders.rubric import Check, Lab
from graders.verdicts import Result, Scorecard, Text, Verdict


@dataclass(frozen=True)
class Student:
    """Someone in the class, and what became of their hand-in.

    Args:
        id: as the roster has it, or a pseudonym's number.
        name: for people; may be empty.
        card: the scorecard; none where there is no final one.
        handed_in: when, with zone.
        absent: nothing was handed in.
        link: path of the scorecard's page as seen from the class page; empty where there is none to link to.
        final: points that an instructor gave in place of the machine's.
        reason: why.
    """

    id: str
    name: str = ""
    card: Scorecard | None = None
    handed_in: datetime | None = None
    absent: bool = False
    link: str = ""
    final: float | None = None
    reason: str = ""

    @property
    def graded(self) -> bool:
        """Whether there is a score."""
        return self.card is not None and self.card.complete


@dataclass(frozen=True)
class MachineError:
    """A hand-in that the machine could not grade; never the student's fault."""

    id: str
    name: str
    reason: Text


@dataclass(frozen=True)
class ClassView:
    """A class and one lab.

    Args:
        lab: its rubric; titles and causes are taken from here.
        generated: when the page was made, with zone; all times are shown in this zone.
        students: each once.
        problems: hand-ins that someone must look at, and students who handed in nothing.
        errors: hand-ins that the machine could not grade.
        command: grades these again.
        hidden: ids of checks that students may not see yet; nothing of them is on the page.
        pseudonymous: ids are the numbers of pseudonyms, and there are no names; see `pseudonyms.py`.
    """

    lab: Lab
    generated: datetime
    students: tuple[Student, ...]
    problems: tuple[Problem, ...] = ()
    errors: tuple[MachineError, ...] = ()
    command: str = ""
    hidden: frozenset[str] = frozenset()
    pseudonymous: bool = False

    def __post_init__(self) -> None:
        if self.generated.tzinfo is None:
            raise ValueError(f"the time of a class page needs a zone; seen: {self.generated}")

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that are shown, in the rubric's order."""
        return tuple(check for check in self.lab.checks if check.id not in self.hidden)

    @property
    def graded(self) -> tuple[Student, ...]:
        """The students who have a score."""
        return tuple(student for student in self.students if student.graded)


@dataclass(frozen=True)
class Score:
    """A student's points from the checks that are shown.

    Args:
        earned: by the machine.
        possible: on the machine that graded.
        final: by an instructor; none where nobody changed anything, or where checks are hidden, for it counts them.
    """

    earned: float
    possible: float
    final: float | None = None

    @property
    def points(self) -> float:
        """What counts."""
        return self.earned if self.final is None else self.final

    @property
    def percent(self) -> float:
        """Of what could be earned, from 0 to 100; an instructor may have given more than that."""
        return min(100.0, round(100 * self.points / self.possible, 6)) if self.possible else 0.0


def results_of(student: Student, checks: tuple[Check, ...]) -> dict[str, Result]:
    """A student's results by the ids of these checks; none of checks that the rubric no longer has."""
    wanted = {check.id for check in checks}
    return {result.check: result for result in student.card.results if result.check in wanted} if student.card else {}


def score_of(student: Student, view: ClassView) -> Score:
    """A graded student's points."""
    results = results_of(student, view.checks).values()
    possible = sum(result.points for result in results if result.verdict is not Verdict.NOT_ASSESSABLE)
    final = None if view.hidden or student.final is None else float(student.final)
    earned = round(sum(result.earned for result in results), 2)
    return Score(earned, round(possible, 2), final if final != earned else None)

"""One student's grade: the machine's points, an instructor's beside them, what lateness takes off, the final score."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from graders.classes.lateness import lateness, shown
from graders.classes.points import ZERO, exact, half_up, rounded
from graders.classes.policies import HUNDRED, Late, Policy
from graders.classes.refusals import say
from graders.classes.store import Override, Stored
from graders.classes.tally import WHOLE, Tally, View, at_most, count, override_note
from graders.verdicts import Text


@dataclass(frozen=True)
class Grade:
    """One row of a gradebook.

    `points` less `penalty` is `final`, but for rounding to whole points where that was asked for.

    Args:
        student: the id; data, never a path.
        name: for people; may be empty.
        possible: the most points.
        machine: what the machine gave, whatever an instructor put in its place; none without a result.
        overrides: an instructor's points in force, also those that do not count (the notes say so).
        points: the machine's with the overrides in their places; none without a score.
        penalty: taken off for lateness.
        final: between 0 and `possible`; none without a score, which is no zero.
        handed_in: with zone; none where it is not known.
        notes: what is to be said of it.
    """

    student: str
    name: str
    possible: Decimal
    machine: Decimal | None = None
    overrides: tuple[Override, ...] = ()
    points: Decimal | None = None
    penalty: Decimal = ZERO
    final: Decimal | None = None
    handed_in: datetime | None = None
    notes: tuple[Text, ...] = ()

    @property
    def scored(self) -> bool:
        """Whether there is a final score. Where there is none, an export leaves what it finds as it is."""
        return self.final is not None


@dataclass(frozen=True)
class Student:
    """A student, with what there is of one who has no result."""

    id: str
    name: str  # for people; may be empty
    handed_in: datetime | None  # with zone; none where nothing was handed in, or nobody knows when
    overrides: tuple[Override, ...]


def grade(stored: Stored, overrides: Collection[Override], policy: Policy, view: View) -> Grade:
    """The grade for a result.

    Args:
        stored: a final result.
        overrides: this student's, at most one for each check and one for the whole.
        policy: of the class.
        view: whom it is for.
    """
    given = {override.check: override for override in overrides}
    tally = count(stored.card, given, view)
    late = lateness(policy.late, stored.job.student, stored.handed_in)
    penalty = _penalty(tally, policy.late, late.percent)
    whole = given.get(WHOLE)
    if view.hidden and whole is not None:
        # The whole's points would give away what the hidden checks were worth.
        return without_score(stored.job.student, stored.name, tally.possible, _until("whole_held_back", view))
    held_back = (_until("held_back", view),) if view.hidden else ()
    if not tally.possible:
        nothing = held_back or (say("nothing_assessable"),)
        return without_score(stored.job.student, stored.name, tally.possible, *nothing)
    return Grade(
        student=stored.job.student,
        name=stored.name,
        possible=tally.possible,
        machine=tally.machine,
        overrides=tuple(override for override in overrides if override.check not in view.hidden),
        points=tally.points,
        penalty=penalty,
        final=rounded(tally.points - penalty, tally.possible, policy.step),
        handed_in=_in_zone(stored.handed_in, policy),
        notes=(*tally.notes, *late.notes, *held_back),
    )


def given_without_result(student: Student, possible: Decimal, policy: Policy, view: View, why: Text) -> Grade:
    """The grade of a student without a result: an instructor's points for the whole, or none.

    Args:
        student: with overrides; those for a check need a result to be put into.
        possible: the most points.
        policy: of the class.
        view: whom it is for.
        why: why there is no result.
    """
    whole = next((override for override in student.overrides if override.check == WHOLE), None)
    visible = tuple(override for override in student.overrides if override.check not in view.hidden)
    if whole is None or whole.points is None:
        unused = tuple(say("override_without_result", check=o.check) for o in student.overrides if view.private)
        return Grade(student.id, student.name, possible, overrides=visible, notes=(why, *unused))
    if view.hidden:
        return without_score(student.id, student.name, possible, _until("whole_held_back", view))
    points, more = at_most(exact(whole.points), possible)
    tally = Tally(ZERO, ZERO, ZERO, points, possible, (why, override_note(whole, None, view), *more))
    late = lateness(policy.late if student.handed_in else None, student.id, student.handed_in)
    penalty = _penalty(tally, policy.late, late.percent)
    return Grade(
        student=student.id,
        name=student.name,
        possible=possible,
        overrides=visible,
        points=points,
        penalty=penalty,
        final=rounded(points - penalty, possible, policy.step),
        handed_in=_in_zone(student.handed_in, policy),
        notes=(*tally.notes, *late.notes),
    )


def without_score(student: str, name: str, possible: Decimal, *notes: Text) -> Grade:
    """A row without a score; the notes say why."""
    return Grade(student, name, possible, notes=notes)


def _penalty(tally: Tally, late: Late | None, percent: Decimal) -> Decimal:
    """Points that lateness takes off, never more than there are."""
    if late is None or not percent:
        return ZERO
    final = late.applies_to == "final"
    base = tally.points if final else tally.kept
    worth = tally.possible if final else tally.kept_possible
    of = base if late.of == "earned" else worth
    # Past the cut-off nothing is left, whatever percents are of.
    return half_up(min(base, of * percent / HUNDRED)) if percent < HUNDRED else base


def _in_zone(time: datetime | None, policy: Policy) -> datetime | None:
    return time.astimezone(policy.zone) if time and policy.zone else time


def _until(key: str, view: View) -> Text:
    return say(key, time=shown(view.until) if view.until else "")

"""A class's gradebook: for each student which result counts, and the grade that comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from graders.classes.entries import Roster
from graders.classes.grades import Grade, Student, given_without_result, grade
from graders.classes.lateness import shown
from graders.classes.points import ZERO, exact
from graders.classes.policies import Policy
from graders.classes.refusals import GradebookError, say
from graders.classes.store import Override, Stored
from graders.classes.tally import WHOLE, View
from graders.rubric import Lab
from graders.verdicts import Text

NOBODY = Roster((), ())


@dataclass(frozen=True)
class Gradebook:
    """A class's grades for one lab.

    Args:
        lab: its id.
        grades: in the roster's order, then those whom it does not have.
        notices: what else is to be said, for instance of a policy that names an unknown student.
    """

    lab: str
    grades: tuple[Grade, ...]
    notices: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Sources:
    """What a gradebook is made of.

    Args:
        results: of the store, with history; those of other labs and those that are no score are passed over.
        overrides: of the store; of two for the same, the last counts.
        roster: who is in the class; without it, whoever has a result or an override.
        errors: ids of students whose last grading ended in the machine's error; a score from before it stays.
    """

    results: Iterable[Stored] = ()
    overrides: Iterable[Override] = ()
    roster: Roster = NOBODY
    errors: Collection[str] = ()


def gradebook(
    lab: Lab,
    sources: Sources,
    policy: Policy,
    now: datetime,
    *,
    for_students: bool = False,
    missing_zero: bool = False,
) -> Gradebook:
    """The grades of a class.

    Args:
        lab: the lab.
        sources: what there is of it.
        policy: the teacher's.
        now: with zone; what is released is released by it.
        for_students: before the release no number and no text depends on hidden checks; instructors are not named and
            their reasons are left out.
        missing_zero: who handed in nothing gets 0 points. Never anyone else: not an error, not what was not graded.

    Raises:
        GradebookError: the policy hides a check that the lab does not have.
    """
    view = _view(lab, policy, now, for_students=for_students)
    book = _Book(lab, sources, policy, view, missing_zero=missing_zero)
    notices = list(book.unknown_students())
    if view.hidden and view.until:
        notices.append(say("held_back", time=shown(view.until)))
    return Gradebook(lab.id, tuple(map(book.grade, book.students())), tuple(notices))


class _Book:
    """What is known of each student."""

    def __init__(self, lab: Lab, sources: Sources, policy: Policy, view: View, *, missing_zero: bool) -> None:
        self._policy, self._view, self._missing_zero = policy, view, missing_zero
        self._possible = sum((exact(check.points) for check in lab.checks if check.id not in view.hidden), ZERO)
        self._errors = frozenset(sources.errors)
        self._entries = {entry.id: entry for entry in sources.roster.entries}
        self._problems = {problem.id: problem.what for problem in sources.roster.problems if problem.id}
        self._results = defaultdict[str, list[Stored]](list)
        for stored in sources.results:
            if stored.job.lab == lab.id and stored.card.complete and not stored.card.picked:
                self._results[stored.job.student].append(stored)
        self._overrides = _in_force(override for override in sources.overrides if override.lab == lab.id)

    def students(self) -> Sequence[str]:
        """Everyone, once."""
        return list(dict.fromkeys([*self._entries, *self._problems, *self._results, *self._overrides, *self._errors]))

    def grade(self, student: str) -> Grade:
        """A student's grade."""
        overrides = self._overrides.get(student, ())
        hand_ins = _last_of_each(self._results.get(student, ()))
        if not hand_ins:
            return self._without_result(student, overrides)
        chosen = self._chosen(hand_ins, overrides)
        made = grade(chosen, overrides, self._policy, self._view)
        later = (say("later_error"),) if student in self._errors else ()
        return replace(made, name=made.name or self._name(student), notes=(*made.notes, *later))

    def unknown_students(self) -> Iterator[Text]:
        """What to say of students whom the policy names and nobody knows."""
        known = set(self.students())
        for student in self._policy.late.days_of if self._policy.late else ():
            if student not in known:
                yield say("policy_unknown_student", student=student)
        if self._entries or self._problems:
            for student in (*self._results, *self._overrides):
                if student not in self._entries and student not in self._problems:
                    yield say("not_in_roster", student=student)

    def _chosen(self, hand_ins: Sequence[Stored], overrides: tuple[Override, ...]) -> Stored:
        """The hand-in that counts; of equals the last. Before the release hidden checks do not choose for students."""
        if self._policy.choose == "latest":
            return hand_ins[-1]

        def final(stored: Stored) -> Decimal:
            return grade(stored, overrides, self._policy, self._view).final or ZERO

        return max(reversed(hand_ins), key=final)

    def _without_result(self, student: str, overrides: tuple[Override, ...]) -> Grade:
        entry = self._entries.get(student)
        nothing = entry is not None and entry.source is None and student not in self._errors
        handed_in = entry.handed_in if entry and not nothing else None
        known = Student(student, self._name(student), handed_in, overrides)
        made = given_without_result(known, self._possible, self._policy, self._view, self._why(student))
        if not (self._missing_zero and nothing) or any(override.check == WHOLE for override in overrides):
            return made
        return replace(made, points=ZERO, final=ZERO, notes=(say("missing_zero"), *made.notes[1:]))

    def _why(self, student: str) -> Text:
        """Why a student has no result."""
        if student in self._errors:
            return say("machine_error")
        entry = self._entries.get(student)
        if entry is not None and entry.source is None:
            return say("nothing_handed_in")
        return self._problems.get(student) or say("not_graded")

    def _name(self, student: str) -> str:
        entry = self._entries.get(student)
        return entry.name if entry else ""


def _last_of_each(results: Iterable[Stored]) -> list[Stored]:
    """The last grading of each hand-in, the last of all at the end: what a regrade came to replaces what was before."""
    ordered = sorted(results, key=lambda stored: (stored.job.generation, stored.graded.astimezone(UTC)))
    last = {stored.job.content: stored for stored in ordered}
    return sorted(last.values(), key=lambda stored: (stored.job.generation, stored.graded.astimezone(UTC)))


def _in_force(overrides: Iterable[Override]) -> dict[str, tuple[Override, ...]]:
    """The last override of each student and check; one without points withdraws what was before it."""
    last = {(override.student, override.check): override for override in overrides}
    by_student = defaultdict[str, list[Override]](list)
    for override in last.values():
        if override.points is not None:
            by_student[override.student].append(override)
    return {student: tuple(given) for student, given in by_student.items()}


def _view(lab: Lab, policy: Policy, now: datetime, *, for_students: bool) -> View:
    release = policy.release
    unknown = release.checks - {check.id for check in lab.checks} if release else ()
    if unknown:
        # A slip of the pen would show what is to be hidden.
        known = ", ".join(check.id for check in lab.checks)
        raise GradebookError("policy_unknown_check", checks=", ".join(sorted(unknown)), lab=lab.id, known=known)
    if not for_students:
        return View(zone=policy.zone)
    if release is None or now >= release.at:
        return View(private=False, zone=policy.zone)
    return View(release.checks, release.at, private=False, zone=policy.zone)

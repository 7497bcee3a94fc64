"""Whom to grade again, and what that changed: questions to a store's results, which are given in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from graders.classes.stored import FINAL, Attempt, Stored
from graders.classes.troubles import StoreError
from graders.texts import catalogue
from graders.verdicts import Verdict


def latest(history: Iterable[Stored]) -> tuple[Stored, ...]:
    """Each student's last result of the highest generation."""
    return _one_each(history, lambda new, old: new.job.generation >= old.job.generation)


def best(history: Iterable[Stored]) -> tuple[Stored, ...]:
    """Each student's result with the highest share of its possible points; of several the earliest."""
    return _one_each(history, lambda new, old: share(new) > share(old))


def share(stored: Stored) -> float:
    """Earned by possible points; 0 where there was none to earn on that machine."""
    return stored.card.earned / stored.card.possible if stored.card.possible else 0.0


def failed(results: Iterable[Stored]) -> frozenset[str]:
    """The students without full marks."""
    return frozenset(stored.job.student for stored in results if not stored.card.full_marks)


def not_passed(results: Iterable[Stored], check: str) -> frozenset[str]:
    """The students who have a check that is not passed.

    Raises:
        StoreError: `no_such_check`, for a word misspelt would otherwise choose nobody.
    """
    known: set[str] = set()
    students = set()
    for stored in results:
        verdicts = verdicts_of(stored)
        known |= set(verdicts)
        if verdicts.get(check, Verdict.PASSED) is not Verdict.PASSED:
            students.add(stored.job.student)
    if known and check not in known:
        raise StoreError("no_such_check", check=check, known=", ".join(sorted(known)))
    return frozenset(students)


def errors(attempts: Iterable[Attempt], wanted: Mapping[str, str], missing: Iterable[str]) -> frozenset[str]:
    """The students whose last attempt is an error, and who have no result.

    Args:
        attempts: of the lab, in the order in which they were noted.
        wanted: student -> key of the job that is to have a result.
        missing: those of these keys that have none.
    """
    last = {attempt.student: attempt.outcome for attempt in attempts}
    without = set(missing)
    return frozenset(student for student, key in wanted.items() if key in without and last.get(student, FINAL) != FINAL)


def verdicts_of(stored: Stored) -> dict[str, Verdict]:
    """Check -> verdict."""
    return {result.check: result.verdict for result in stored.card.results}


@dataclass(frozen=True)
class Change:
    """What is different in a student's result, or in one check of it.

    Args:
        student: the id.
        check: the check's id; empty for the whole score.
        before: the score as `earned/possible`, or the verdict; empty where there was none.
        after: likewise.
    """

    student: str
    check: str
    before: str
    after: str


def changes(before: Iterable[Stored], after: Iterable[Stored]) -> tuple[Change, ...]:
    """What is different between two times, by student: the score first, then the checks in the rubric's order.

    Args:
        before: each student's result.
        after: likewise, later.
    """
    old = {stored.job.student: stored for stored in before}
    new = {stored.job.student: stored for stored in after}
    return tuple(change for student in sorted({*old, *new}) for change in _of_student(student, old, new))


def table(found: Iterable[Change], language: str) -> list[tuple[str, str, str, str]]:
    """Changes as rows of texts, the headings first. Ids are a stranger's: whoever shows them escapes them."""
    texts = {key: text.in_language(language) for key, text in catalogue("store").items()}
    heading = (texts["change_student"], texts["change_check"], texts["change_before"], texts["change_after"])
    rows = [(one.student, one.check or texts["change_all"], one.before or "-", one.after or "-") for one in found]
    return [heading, *rows]


def _of_student(student: str, old: Mapping[str, Stored], new: Mapping[str, Stored]) -> list[Change]:
    sides = [{} if stored is None else _words(stored) for stored in (old.get(student), new.get(student))]
    return [
        Change(student, check, *(side.get(check, "") for side in sides))
        for check in dict.fromkeys([*sides[1], *sides[0]])
        if sides[0].get(check) != sides[1].get(check)
    ]


def _words(stored: Stored) -> dict[str, str]:
    """The score, by an empty check, and the verdict of each check."""
    score = f"{stored.card.earned:g}/{stored.card.possible:g}"
    return {"": score, **{check: str(verdict) for check, verdict in verdicts_of(stored).items()}}


def _one_each(history: Iterable[Stored], replaces: Callable[[Stored, Stored], bool]) -> tuple[Stored, ...]:
    chosen: dict[str, Stored] = {}
    for stored in history:
        there = chosen.get(stored.job.student)
        if there is None or replaces(stored, there):
            chosen[stored.job.student] = stored
    return tuple(chosen.values())

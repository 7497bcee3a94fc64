"""Brings a class's roster and its results together, for its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from graders.classes.entries import Roster
from graders.classes.stored import Stored
from graders.classes.view import Student


def students_of(
    results: Iterable[Stored],
    roster: Roster | None = None,
    *,
    link: Callable[[str], str] = lambda student: "",
    finals: Mapping[str, tuple[float, str]] | None = None,
) -> tuple[Student, ...]:
    """A class's students with their last results.

    Args:
        results: as the store gives them, one for each student.
        roster: the class; without one, everyone who has a result. Whoever has a result but is not in it has left.
        link: id -> path of the scorecard's page as seen from the class page; empty where there is none.
        finals: id -> points that an instructor gave, and why.

    Returns:
        The students, each once; those of whom the roster has nothing but a problem among them.
    """
    of = {stored.job.student: stored for stored in results}
    finals = finals or {}
    if roster is None:
        listed = {id: Student(id, stored.name, handed_in=stored.handed_in) for id, stored in of.items()}
    else:
        listed = {problem.id: Student(problem.id) for problem in roster.problems if problem.id}
        listed |= {
            entry.id: Student(entry.id, entry.name, handed_in=entry.handed_in, absent=entry.source is None)
            for entry in roster.entries
        }
    return tuple(_with_result(student, of.get(student.id), link, finals) for student in listed.values())


def _with_result(
    student: Student,
    stored: Stored | None,
    link: Callable[[str], str],
    finals: Mapping[str, tuple[float, str]],
) -> Student:
    final, reason = finals.get(student.id, (None, ""))
    if stored is None:
        return replace(student, final=final, reason=reason)
    return replace(
        student,
        name=student.name or stored.name,
        absent=False,
        card=stored.card,
        handed_in=stored.handed_in or student.handed_in,
        link=link(student.id),
        final=final,
        reason=reason,
    )

"""Grades as a plain CSV: one line a student, always the same columns, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable

from graders.classes.grades import Grade
from graders.classes.lateness import shown
from graders.classes.lms.cells import table
from graders.classes.points import exact, number
from graders.classes.store import Override

HEADER = (
    "id",
    "name",
    "handed_in",
    "machine",
    "overrides",
    "points",
    "penalty",
    "final",
    "possible",
    "scored",
    "notes",
)


def plain_csv(grades: Iterable[Grade], language: str, *, mark: bool = False, private: bool = True) -> bytes:
    """The file.

    Args:
        grades: of a class; one without a score has no number in `final`.
        language: of the notes.
        mark: begin with a byte order mark, for Excel.
        private: name instructors and their reasons; not for what students get to see.
    """
    return table(
        HEADER,
        (
            (
                grade.student,
                grade.name,
                shown(grade.handed_in) if grade.handed_in else "",
                grade.machine,
                "; ".join(_override(override, private=private) for override in grade.overrides),
                grade.points,
                grade.penalty if grade.scored else None,
                grade.final,
                grade.possible,
                "yes" if grade.scored else "no",
                " | ".join(note.in_language(language) for note in grade.notes),
            )
            for grade in grades
        ),
        mark=mark,
    )


def _override(override: Override, *, private: bool) -> str:
    points = number(exact(override.points or 0))
    given = f"{override.check or '*'}={points}"
    return f"{given} ({override.who}: {override.reason.strip()})" if private else given

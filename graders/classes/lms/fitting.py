"""A lab's points in a column that may be worth something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from graders.classes.grades import Grade
from graders.classes.lms.choices import Fit
from graders.classes.lms.matching import Matching, Person
from graders.classes.points import half_up, number
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text


@dataclass(frozen=True)
class Column:
    """Where grades go.

    Args:
        index: of the column.
        title: its header.
        maximum: the most points that a line's cell takes, by the line's index; none where the file does not say.
        kept: why a line's cell must not be filled in, by the line's index; none where it may.
        feedback: index of a column for notes; none where they are not wanted.
        note: what to write there.
        added: cells beside those of students, by index of line and column.
    """

    index: int
    title: str
    maximum: Callable[[int], Decimal | None]
    kept: Callable[[int], Text | None] = lambda index: None
    feedback: int | None = None
    note: Callable[[Grade], str] = lambda grade: ""
    added: dict[tuple[int, int], str] = field(default_factory=dict)


def fitting(matching: Matching, column: Column, fit: Fit) -> list[tuple[Person, Grade, Decimal | None]]:
    """The students with lines, and the value for each one's cell.

    Raises:
        GradebookError: see `fill`.
    """
    fits, differ, above = [], [], []
    for pair in matching.pairs:
        maximum = column.maximum(pair.person.index)
        value = fitted(pair.grade, maximum, fit)
        fits.append((pair.person, pair.grade, value))
        if value is None:
            continue
        if maximum is None:
            if fit is Fit.SCALE:
                raise GradebookError("maximum_unknown", column=column.title)
            continue
        row = say(
            "row_points",
            line=pair.person.line,
            student=pair.person.label,
            points=number(value),
            possible=number(pair.grade.possible),
            maximum=number(maximum),
        )
        if value > maximum:
            above.append(row)
        elif fit is Fit.REFUSE and pair.grade.possible != maximum:
            differ.append(row)
    if differ:
        raise GradebookError("maximum_differs", [*above, *differ], column=column.title)
    if above:
        raise GradebookError("above_maximum", above, column=column.title)
    return fits


def fitted(grade: Grade, maximum: Decimal | None, fit: Fit) -> Decimal | None:
    """A grade's final score in a column's points; none without a score."""
    if grade.final is None or maximum is None or fit is not Fit.SCALE or not grade.possible:
        return grade.final
    return half_up(grade.final * maximum / grade.possible)

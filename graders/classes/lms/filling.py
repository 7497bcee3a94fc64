"""Fill grades into a column of a file that an LMS exported, and say what changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.classes.grades import Grade
from graders.classes.lms.cells import is_formula, parsed, written
from graders.classes.lms.choices import Fit
from graders.classes.lms.fitting import Column, fitting
from graders.classes.lms.matching import Matching, Person, match
from graders.classes.lms.sheet import Sheet, filled
from graders.classes.points import number
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text


@dataclass(frozen=True)
class Change:
    """A cell that changes."""

    line: int
    student: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Left:
    """A line that stays as it is though its student is known, and why."""

    line: int
    student: str
    name: str
    why: Text


@dataclass(frozen=True)
class Filled:
    """A file that was filled in, not written yet, and what there is to say of it.

    Args:
        data: the file.
        column: the header of the column with grades.
        changes: in the file's order.
        same: how many grades were there already.
        feedback: how many cells of notes change.
        left: lines left as they are.
        students: students with a score whom the file does not have.
        ambiguous: students for whom several lines could be meant, with their lines.
        people: lines without a student of ours.
        notices: what else is to be said.
    """

    data: bytes
    column: str
    changes: tuple[Change, ...]
    same: int = 0
    feedback: int = 0
    left: tuple[Left, ...] = ()
    students: tuple[Grade, ...] = ()
    ambiguous: tuple[tuple[Grade, tuple[Person, ...]], ...] = ()
    people: tuple[Person, ...] = ()
    notices: tuple[Text, ...] = ()


def fill(sheet: Sheet, column: Column, people: Sequence[Person], grades: Sequence[Grade], fit: Fit) -> Filled:
    """Fill a class's grades into a column. A student without a score keeps what the file has: a blank is a change.

    Raises:
        GradebookError: with a line for each grade that the column's maximum does not fit; nothing is filled in then.
    """
    matching = match(grades, people)
    cells = dict(column.added)
    changes, left, same = [], [], 0
    for person, grade, value in fitting(matching, column, fit):
        before = sheet.lines[person.index].text(column.index)
        why = column.kept(person.index) if grade.scored else why_not_scored(grade)
        if why is not None or value is None:
            left.append(Left(person.line, grade.student, grade.name, why or why_not_scored(grade)))
            continue
        _add_note(cells, sheet, column, person.index, column.note(grade))
        if parsed(before) == value:
            same += 1
            continue
        cells[person.index, column.index] = number(value)
        changes.append(Change(person.line, grade.student, grade.name, before, number(value)))
    return Filled(
        data=filled(sheet, cells),
        column=column.title,
        changes=tuple(changes),
        same=same,
        feedback=sum(place[1] == column.feedback for place in cells.keys() - column.added.keys()),
        left=tuple(left),
        students=tuple(grade for grade in matching.students if grade.scored),
        ambiguous=tuple(doubt for doubt in matching.ambiguous if doubt[0].scored),
        people=matching.people,
        notices=(*_by_name(matching), *_other_names(matching), *_unchecked(column, matching), *_formulas(sheet)),
    )


def write(data: bytes, path: Path) -> None:
    """Write a file; never over another.

    Raises:
        GradebookError: there is a file of this name, or it cannot be written.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise GradebookError("output_exists", name=path) from None
    except OSError as problem:
        raise GradebookError("unwritable", name=path, problem=problem.strerror or problem) from None


def note_of(grade: Grade, language: str) -> str:
    """A grade's notes in a language, a line each."""
    return "\n".join(note.in_language(language) for note in grade.notes)


def why_not_scored(grade: Grade) -> Text:
    """Why a student has no score."""
    return grade.notes[0] if grade.notes else say("no_score")


def _add_note(cells: dict[tuple[int, int], str], sheet: Sheet, column: Column, index: int, note: str) -> None:
    if column.feedback is None or not note:
        return
    text = written(note)
    if sheet.lines[index].text(column.feedback) != text:
        cells[index, column.feedback] = text


def _by_name(matching: Matching) -> list[Text]:
    return [
        say("matched_by_name", line=pair.person.line, student=pair.grade.student, name=pair.person.name)
        for pair in matching.pairs
        if pair.by_name
    ]


def _other_names(matching: Matching) -> list[Text]:
    return [
        say(
            "other_name", line=pair.person.line, student=pair.grade.student, ours=pair.grade.name, name=pair.person.name
        )
        for pair in matching.pairs
        if not pair.same_name
    ]


def _unchecked(column: Column, matching: Matching) -> list[Text]:
    lines = [
        str(pair.person.line)
        for pair in matching.pairs
        if pair.grade.scored and column.maximum(pair.person.index) is None
    ]
    return [say("maximum_unchecked", column=column.title, lines=", ".join(lines))] if lines else []


def _formulas(sheet: Sheet) -> list[Text]:
    """Cells are the LMS's and stay as they are, so a person must know what a spreadsheet would do with them."""
    lines = [
        str(line.number)
        for line in sheet.lines
        if any(is_formula(cell.text) and parsed(cell.text) is None and cell.text.strip() != "-" for cell in line.cells)
    ]
    return [say("formulas", lines=", ".join(lines))] if lines else []

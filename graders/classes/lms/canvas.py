"""Canvas: the gradebook that an instructor exported, with one assignment's column filled in.

What Canvas takes: its own `lib/gradebook_importer.rb` and `lib/gradebook_exporter.rb` (instructure/canvas-lms), and
https://teaching.resources.osu.edu/toolsets/carmencanvas/guides/calculating-final-grades/import-csv-file-carmen-grades
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from graders.classes.grades import Grade
from graders.classes.lms.cells import parsed, written
from graders.classes.lms.choices import Fit
from graders.classes.lms.filling import Filled, fill
from graders.classes.lms.fitting import Column
from graders.classes.lms.matching import Person
from graders.classes.lms.sheet import Line, Sheet
from graders.classes.points import number
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text

KEYS = ("ID", "SIS User ID", "SIS Login ID")
STUDENT = ("Student", "LastName", "FirstName", *KEYS, "Integration ID", "Root Account", "Section")
# Columns that Canvas works out itself; it passes over whatever has one of these in its header.
TOTALS = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
POINTS_POSSIBLE = "Points Possible"
READ_ONLY = "(read only)"
KEPT = {"EX": "excused", "N/A": "not_assigned"}


@dataclass(frozen=True)
class _Export:
    """A gradebook of Canvas's, its columns and lines found."""

    sheet: Sheet
    columns: dict[str, int]
    possible: int | None  # index of the line `Points Possible`
    students: tuple[int, ...]  # indexes of lines


def fill_canvas(
    sheet: Sheet, title: str, grades: Sequence[Grade], *, fit: Fit = Fit.REFUSE, new: bool = False
) -> Filled:
    """Fill in an assignment's column. All else stays as it is, to the byte.

    Args:
        sheet: the gradebook as Canvas exported it.
        title: the column's header, exactly: `Title (id)`; with `new` the title of an assignment to make.
        grades: of a class.
        fit: what to do where the lab's points are not those of the assignment.
        new: make an assignment.

    Raises:
        GradebookError: this is no export of Canvas's, there is no such column, or one that `new` would not make, it
            is Canvas's own, or points do not fit it.
    """
    export = _read(sheet)
    column = _new_column(export, title, grades) if new else _column(export, title)
    return fill(sheet, column, [_person(export, index) for index in export.students], grades, fit)


def _read(sheet: Sheet) -> _Export:
    headers = [cell.text.strip() for cell in sheet.header.cells]
    columns = {name: headers.index(name) for name in STUDENT if name in headers}
    named = columns.get("Student") == 0 or (columns.get("LastName"), columns.get("FirstName")) == (0, 1)
    if not named or "ID" not in columns or "Section" not in columns:
        raise GradebookError("not_canvas", name=sheet.name, seen=", ".join(headers))
    lines = [(index, line) for index, line in enumerate(sheet.lines) if index and not line.blank]
    possible = next((index for index, line in lines if POINTS_POSSIBLE in line.text(0)), None)
    students = tuple(index for index, line in lines if index != possible and _is_student(line, columns))
    return _Export(sheet, columns, possible, students)


def _is_student(line: Line, columns: dict[str, int]) -> bool:
    """Whether a line is a student's. Canvas writes one for manual posting, with nothing in the students' columns."""
    return any(line.text(place) for place in columns.values())


def _column(export: _Export, title: str) -> Column:
    sheet = export.sheet
    headers = [cell.text for cell in sheet.header.cells]
    places = [place for place, header in enumerate(headers) if header == title]
    if len(places) > 1:
        raise GradebookError("column_twice", column=title, name=sheet.name)
    if not places:
        raise GradebookError("no_assignment", title=title, name=sheet.name, known=", ".join(_assignments(export)))
    place = places[0]
    if place in export.columns.values() or place < export.columns["Section"] or title not in _assignments(export):
        raise GradebookError("not_an_assignment", title=title, name=sheet.name, known=", ".join(_assignments(export)))
    maximum = _maximum(export, place)

    def kept(index: int) -> Text | None:
        word = KEPT.get(sheet.lines[index].text(place).upper())
        return say(word) if word else None

    return Column(place, title, lambda index: maximum, kept)


def _new_column(export: _Export, title: str, grades: Iterable[Grade]) -> Column:
    """A column at the end, worth what the lab is."""
    sheet = export.sheet
    taken = [cell.text for cell in sheet.header.cells]
    for header in taken:
        # Canvas would fill in the assignment of this title and make none.
        if title in (header, re.sub(r" \(\d+\)$", "", header)):
            raise GradebookError("assignment_exists", title=title, header=header, name=sheet.name)
    if not title.strip() or title in STUDENT or TOTALS.search(title) or re.search(r"\(\d+\)\s*$", title):
        raise GradebookError("bad_title", title=title)
    place = max(len(line.cells) for line in (sheet.header, *sheet.rows))
    possible = max((grade.possible for grade in grades), default=Decimal(0))
    added = {(0, place): written(title)}
    if export.possible is not None:
        added[export.possible, place] = number(possible)
    return Column(place, title, lambda index: possible, added=added)


def _assignments(export: _Export) -> list[str]:
    """Headers of columns that take grades."""
    line = export.sheet.lines[export.possible] if export.possible is not None else None
    first = export.columns["Section"] + 1
    return [
        cell.text
        for place, cell in enumerate(export.sheet.header.cells)
        if place >= first and not TOTALS.search(cell.text) and READ_ONLY not in (line.text(place) if line else "")
    ]


def _maximum(export: _Export, place: int) -> Decimal | None:
    return None if export.possible is None else parsed(export.sheet.lines[export.possible].text(place))


def _person(export: _Export, index: int) -> Person:
    line, columns = export.sheet.lines[index], export.columns
    name = line.text(columns.get("Student"))
    if "LastName" in columns:
        name = f"{line.text(columns['LastName'])}, {line.text(columns['FirstName'])}"
    return Person(index, line.number, tuple(line.text(columns.get(key)) for key in KEYS), name)

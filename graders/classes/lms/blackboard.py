"""Blackboard: the file that an instructor downloaded from the grade center, with one column filled in.

What Blackboard takes: a student by the user name, a column by the id after the last `|` of its header; a column
without one would be made anew, as text.
http://library.blackboard.com/ref/3ea64795-6ecc-4abd-b595-0a9a8dfdec94/Content/_instructor_grade_center/grade_center_upload_download.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from graders.classes.grades import Grade
from graders.classes.lms.cells import parsed
from graders.classes.lms.choices import Fit
from graders.classes.lms.filling import Filled, fill
from graders.classes.lms.fitting import Column
from graders.classes.lms.headers import find, need
from graders.classes.lms.matching import Person
from graders.classes.lms.sheet import Sheet
from graders.classes.refusals import GradebookError

HEADERS = {
    "username": ("Username", "User Name", "사용자 이름", "사용자 아이디", "사용자 ID"),
    "student_id": ("Student ID", "학생 ID", "학번"),
    "last_name": ("Last Name", "성"),
    "first_name": ("First Name", "이름"),
}
# `Lab 5 [Total Pts: 100 Score] |574266`; what a total can come to at most is `up to 100`, and no grade goes there.
COLUMN = re.compile(r"(?P<title>.*?)(?:\[(?P<points>[^\[\]]*)\]\s*)?\|\s*(?P<id>\d+)\s*", re.DOTALL)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def fill_blackboard(
    sheet: Sheet,
    column: str,
    grades: Sequence[Grade],
    *,
    fit: Fit = Fit.REFUSE,
    headers: Mapping[str, str] | None = None,
) -> Filled:
    """Fill in a column. All else stays as it is, to the byte.

    Args:
        sheet: the file as Blackboard gave it: between tabs in UTF-16, or between commas.
        column: its id (`574266` or `|574266`), or its whole header.
        grades: of a class.
        fit: what to do where the lab's points are not those of the column.
        headers: headers of `username`, `student_id`, `last_name` and `first_name` in a language that we do not know.

    Raises:
        GradebookError: this is no file of Blackboard's, there is no such column, or points do not fit it.
    """
    found = find(sheet, HEADERS, headers or {})
    need(sheet, found, HEADERS, "username")
    place, title = _place(sheet, column)
    maximum = _maximum(title)
    if "up to" in title.rpartition("[")[2].casefold():
        raise GradebookError("blackboard_total", column=title, name=sheet.name)
    people = [
        Person(
            index,
            line.number,
            (line.text(found["username"]), line.text(found.get("student_id"))),
            ", ".join(filter(None, (line.text(found.get("last_name")), line.text(found.get("first_name"))))),
        )
        for index, line in enumerate(sheet.lines)
        if index and not line.blank
    ]
    return fill(sheet, Column(place, title, lambda index: maximum), people, grades, fit)


def _place(sheet: Sheet, column: str) -> tuple[int, str]:
    wanted = column.strip().removeprefix("|").strip()
    columns = {place: cell.text for place, cell in enumerate(sheet.header.cells)}
    ids = {place: match for place, header in columns.items() if (match := COLUMN.fullmatch(header))}
    places = [place for place, match in ids.items() if wanted in (match["id"], columns[place].strip())]
    if len(places) > 1:
        raise GradebookError("column_twice", column=column, name=sheet.name)
    if not places:
        known = ", ".join(columns[place] for place in ids)
        raise GradebookError("no_blackboard_column", column=column, name=sheet.name, known=known)
    return places[0], columns[places[0]]


def _maximum(title: str) -> Decimal | None:
    match = COLUMN.fullmatch(title)
    numbers = NUMBER.findall(match["points"] or "") if match else []
    if not numbers:
        return None
    return parsed(numbers[-1].replace(",", "") if THOUSANDS.fullmatch(numbers[-1]) else numbers[-1])

"""Moodle: an assignment's offline grading worksheet, as a teacher downloaded it, filled in.

What Moodle takes: its own `mod/assign/feedback/offline/importgradeslib.php` and `locallib.php`; the headers are in the
language of whoever downloaded it (`mod/assign/gradingtable.php`). The times in it stay: by them Moodle sees whether a
grade was changed meanwhile.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from graders.classes.grades import Grade
from graders.classes.lms.cells import parsed
from graders.classes.lms.choices import Fit
from graders.classes.lms.filling import Filled, fill, note_of
from graders.classes.lms.fitting import Column
from graders.classes.lms.headers import find, need
from graders.classes.lms.matching import Person
from graders.classes.lms.sheet import Line, Sheet
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text

HEADERS = {
    "identifier": ("Identifier", "식별자"),
    "name": ("Full name", "사용자 성명", "전체 이름", "성명", "이름"),
    "id_number": ("ID number", "id 번호", "식별 번호", "학번"),
    "email": ("Email address", "이메일 주소", "이메일"),
    "grade": ("Grade", "성적", "점수"),
    "maximum": ("Maximum grade", "최대 성적", "최고 성적"),
    "changeable": ("Grade can be changed", "성적 변경 가능", "성적을 변경할 수 있음"),
    "modified": ("Last modified (grade)", "마지막 수정됨(성적)", "최종 수정 (성적)"),
    "feedback": ("Feedback comments", "피드백 코멘트"),
}
LOCKED = ("no", "아니오", "아니요")


def fill_worksheet(
    sheet: Sheet,
    grades: Sequence[Grade],
    *,
    fit: Fit = Fit.REFUSE,
    feedback: str = "",
    headers: Mapping[str, str] | None = None,
) -> Filled:
    """Fill in grades, and notes where they are wanted. All else stays as it is, to the byte.

    A student is found by the participant's number, the ID number, the email address, or a name that only one has.

    Args:
        sheet: the worksheet.
        grades: of a class.
        fit: what to do where the lab's points are not those of the assignment.
        feedback: language of the notes in the column for feedback, in place of what is there; empty for none.
        headers: headers by the keys of HEADERS, in a language that we do not know.

    Raises:
        GradebookError: this is no worksheet, the assignment has a scale in place of points, or points do not fit it:
            Moodle would pass over those lines without a word.
    """
    found = find(sheet, HEADERS, headers or {})
    need(sheet, found, HEADERS, "identifier", "grade", "modified")
    if "maximum" not in found:
        raise GradebookError("worksheet_scale", name=sheet.name)
    if feedback:
        need(sheet, found, HEADERS, "feedback")

    def maximum(index: int) -> Decimal | None:
        return parsed(sheet.lines[index].text(found["maximum"]))

    def kept(index: int) -> Text | None:
        locked = sheet.lines[index].text(found.get("changeable")).casefold() in LOCKED
        return say("locked") if locked else None

    column = Column(
        index=found["grade"],
        title=sheet.header.cells[found["grade"]].text,
        maximum=maximum,
        kept=kept,
        feedback=found["feedback"] if feedback else None,
        note=lambda grade: markup(note_of(grade, feedback)),
    )
    people = [_person(index, line, found) for index, line in enumerate(sheet.lines) if index and not line.blank]
    return fill(sheet, column, people, grades, fit)


def markup(note: str) -> str:
    """A note as Moodle keeps feedback: HTML, so what students or instructors wrote is escaped."""
    return html.escape(note, quote=False).replace("\n", "<br>")


def _person(index: int, line: Line, found: Mapping[str, int]) -> Person:
    identifier = line.text(found["identifier"])
    number = re.search(r"\d+$", identifier)
    email = line.text(found.get("email"))
    keys = (number[0] if number else "", identifier, line.text(found.get("id_number")), email, email.casefold())
    return Person(index, line.number, keys, line.text(found.get("name")))

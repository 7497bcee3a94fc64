"""Moodle: a CSV for the gradebook's import, whose columns a teacher maps.

What Moodle does: its own `grade/import/csv/classes/load_data.php` and https://docs.moodle.org/311/en/Grade_import.
One unknown user, or one grade above the maximum, and nothing at all is imported; so both are looked for beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from graders.classes.grades import Grade
from graders.classes.lms.cells import is_formula, table
from graders.classes.lms.choices import MAXIMUM, Fit
from graders.classes.lms.filling import Change, Filled, Left, note_of, why_not_scored
from graders.classes.lms.fitting import Column, fitting
from graders.classes.lms.headers import find, need
from graders.classes.lms.matching import Matching, Pair, Person, match
from graders.classes.lms.moodle import markup
from graders.classes.lms.sheet import Sheet
from graders.classes.points import number
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text

HEADERS = {
    "email": ("Email address", "이메일 주소", "이메일"),
    "id_number": ("ID number", "id 번호", "식별 번호", "학번"),
    "name": ("Full name", "사용자 성명", "전체 이름", "성명"),
    "first_name": ("First name", "이름"),
    "last_name": ("Last name", "Surname", "성"),
}


@dataclass(frozen=True)
class Import:
    """What to write.

    Args:
        title: of the grade item; the header that a teacher maps.
        language: of the notes.
        maximum: of the grade item.
        fit: what to do where the lab's points are not the maximum.
        leave_out: leave out users whom Moodle does not know, where the alternative is to refuse.
        mark: begin with a byte order mark, for Excel.
    """

    title: str
    language: str
    maximum: Decimal = MAXIMUM
    fit: Fit = Fit.REFUSE
    leave_out: bool = False
    mark: bool = False


def moodle_import(
    grades: Sequence[Grade],
    wanted: Import,
    participants: Sheet | None = None,
    headers: Mapping[str, str] | None = None,
) -> Filled:
    """A file with a line for each score: `Email address`, `ID number`, the lab's title, `Feedback`.

    Args:
        grades: of a class; who has no score gets no line.
        wanted: how to write it.
        participants: any CSV of Moodle's with the course's users and their email addresses or ID numbers; without it
            an id with `@` is taken for an email address and another for an ID number, and nobody is checked.
        headers: headers by the keys of HEADERS, in a language that we do not know.

    Raises:
        GradebookError: with a line for each grade that would cancel the whole import.
    """
    if not wanted.title.strip():
        raise GradebookError("bad_title", title=wanted.title)
    scored = [grade for grade in grades if grade.scored]
    users, matching = _known(scored, participants, headers or {}) if participants else _unchecked(scored)
    unknown = [*matching.students, *(grade for grade, _ in matching.ambiguous)]
    if unknown and not wanted.leave_out:
        rows = [say("row_student", who=f"{grade.student} {grade.name}".strip()) for grade in unknown]
        raise GradebookError("unknown_users", rows)
    lines = fitting(matching, Column(0, wanted.title, lambda index: wanted.maximum), wanted.fit)
    chosen = [(users[person.index], grade, value) for person, grade, value in lines]
    mapped = _common([(user, grade) for user, grade, _ in chosen])
    cells = [
        (user.email, user.id_number, value, markup(note_of(grade, wanted.language))) for user, grade, value in chosen
    ]
    notices = (*mapped, *(() if participants else (say("users_unchecked"),)))
    return Filled(
        data=table(("Email address", "ID number", wanted.title, "Feedback"), cells, mark=wanted.mark),
        column=wanted.title,
        changes=tuple(
            Change(line, grade.student, grade.name, "", number(value))
            for line, (_, grade, value) in enumerate(chosen, start=2)
            if value is not None
        ),
        left=tuple(Left(0, grade.student, grade.name, why_not_scored(grade)) for grade in grades if not grade.scored),
        students=matching.students,
        ambiguous=matching.ambiguous,
        people=matching.people if participants else (),
        notices=notices,
    )


@dataclass(frozen=True)
class _User:
    email: str
    id_number: str


def _unchecked(grades: Sequence[Grade]) -> tuple[list[_User], Matching]:
    users = [_User(g.student, "") if "@" in g.student else _User("", g.student) for g in grades]
    people = [Person(place, place + 2, (grade.student,), grade.name) for place, grade in enumerate(grades)]
    pairs = tuple(Pair(person, grade) for person, grade in zip(people, grades, strict=True))
    return users, Matching(pairs, (), (), ())


def _known(
    grades: Sequence[Grade], participants: Sheet, headers: Mapping[str, str]
) -> tuple[dict[int, _User], Matching]:
    found = find(participants, HEADERS, headers)
    if "email" not in found:
        need(participants, found, HEADERS, "id_number")
    users, people = {}, []
    for index, line in enumerate(participants.lines):
        if not index or line.blank:
            continue
        user = _User(line.text(found.get("email")), line.text(found.get("id_number")))
        names = [line.text(found.get(part)) for part in ("last_name", "first_name")]
        name = line.text(found.get("name")) or ", ".join(filter(None, names))
        keys = (user.id_number, user.email, user.email.casefold())
        users[index] = user
        people.append(Person(index, line.number, keys, name))
    return users, match(grades, people)


def _common(users: Sequence[tuple[_User, Grade]]) -> list[Text]:
    """Which column a teacher is to map users by: one that every line has, and none that had to be changed.

    Raises:
        GradebookError: there is none; lines without it would be unknown users.
    """
    columns = {"Email address": [user.email for user, _ in users], "ID number": [user.id_number for user, _ in users]}
    for column, values in columns.items():
        if all(values) and not any(map(is_formula, values)):
            return [say("map_by", column=column)]
    lacking = [
        say("row_identity", student=grade.student, email=user.email or "-", id_number=user.id_number or "-")
        for user, grade in users
        if not (user.email and user.id_number) or is_formula(user.email) or is_formula(user.id_number)
    ]
    raise GradebookError("no_common_column", lacking)

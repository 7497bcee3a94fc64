"""Writes the pages of a class and of its course from what the store has."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from graders.classes.bulk import card_folder
from graders.classes.course import Course, CourseLab, write_course
from graders.classes.entries import Roster
from graders.classes.gathering import students_of
from graders.classes.gradebook import Sources, gradebook
from graders.classes.page import PAGE, write
from graders.classes.policies import Policy
from graders.classes.pseudonyms import ids_of, pseudonyms, under_pseudonyms
from graders.classes.store import FINAL, Attempt, Store
from graders.classes.view import ClassView, MachineError
from graders.rubric import Lab
from graders.verdicts import Text, visible

CARD = "scorecard.html"
SALT = "pseudonyms.salt"  # in the reports' folder: who has it and the ids can tell who is who
LONGEST_REASON = 300  # characters of a machine's error


@dataclass(frozen=True)
class Wanted:
    """What pages are to be written.

    Args:
        labs: whose results there are.
        reports: where scorecards are, and where pages with names go.
        language: of the page that is named in the end.
        roster: the class; without one, everyone who has a result.
        errors: whom the machine failed besides those of whom the store knows, and why.
        commands: lab's id -> what grades the machine's errors again.
        hidden: ids of checks that are left out.
        into: where the pages go instead.
        nameless: whether numbers stand in place of names.
        title: of the course.
    """

    labs: Sequence[Lab]
    reports: Path
    language: str
    roster: Roster | None = None
    errors: Mapping[str, Text] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    into: Path | None = None
    nameless: bool = False
    title: Text = field(default_factory=lambda: Text("Course", "강좌"))


def write_pages(store: Store, wanted: Wanted, now: datetime) -> list[Path]:
    """Write the class page of each lab, and a course page where there are several.

    Args:
        store: with the results.
        wanted: what to write.
        now: with zone.

    Returns:
        the pages, the course's last.
    """
    views = [_view(store, lab, wanted, now) for lab in wanted.labs]
    if wanted.nameless:
        numbers = pseudonyms(set().union(*map(ids_of, views)), _salt(wanted.reports))
        views = [under_pseudonyms(view, numbers) for view in views]
    folder = wanted.into or wanted.reports
    pages = [write(view, folder / view.lab.id, wanted.language) for view in views]
    if len(views) > 1:
        labs = tuple(CourseLab(view, f"{view.lab.id}/{PAGE}.html") for view in views)
        pages.append(write_course(Course(wanted.title, now, labs), folder, wanted.language))
    return pages


def labs_with_results(store: Store, labs: Iterable[Lab]) -> list[Lab]:
    """Those of the labs that someone has a result for, in the order of the study."""
    there = [lab for lab in labs if next(iter(store.results(lab.id)), None)]
    return sorted(there, key=lambda lab: (lab.week, lab.id))


def _view(store: Store, lab: Lab, wanted: Wanted, now: datetime) -> ClassView:
    folder = (wanted.into or wanted.reports) / lab.id

    def link(student: str) -> str:
        card = wanted.reports / lab.id / card_folder(student) / CARD
        return Path(os.path.relpath(card, folder)).as_posix() if card.is_file() else ""

    results = list(store.results(lab.id))
    students = students_of(results, wanted.roster, link=link, finals=_finals(store, lab, now))
    known = {student.id for student in students}
    names = {student.id: student.name for student in students}
    failed = {one.student: _reason(one) for one in failed_last(store, lab) if one.student in known}
    errors = [MachineError(id, names.get(id, ""), why) for id, why in {**failed, **wanted.errors}.items()]
    problems = wanted.roster.problems if wanted.roster else ()
    hidden = wanted.hidden & {check.id for check in lab.checks}
    view = ClassView(lab, now, students, problems, tuple(errors), wanted.commands.get(lab.id, ""))
    return replace(view, hidden=frozenset(hidden))


def failed_last(store: Store, lab: Lab) -> list[Attempt]:
    """The last attempts of those students whom the machine failed the last time."""
    last = {attempt.student: attempt for attempt in store.attempts(lab.id)}
    return [attempt for attempt in last.values() if attempt.outcome != FINAL]


def _reason(attempt: Attempt) -> Text:
    return Text.same(visible(attempt.detail.strip(), LONGEST_REASON))


def _finals(store: Store, lab: Lab, now: datetime) -> dict[str, tuple[float, str]]:
    """Points that instructors gave, and why, by student."""
    overrides = store.overrides(lab.id)
    given = {override.student for override in overrides}
    results = [stored for student in given for stored in store.results(lab.id, student=student, history=True)]
    book = gradebook(lab, Sources(results, overrides), Policy(), now)
    return {
        grade.student: (float(grade.final), "; ".join(override.reason for override in grade.overrides))
        for grade in book.grades
        if grade.final is not None and grade.overrides
    }


def _salt(reports: Path) -> str:
    """The reports' secret, made where there is none: the same student has the same number on every page."""
    path = reports / SALT
    reports.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(16))
    except FileExistsError:
        pass
    return path.read_text("ascii").strip()

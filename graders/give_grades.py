"""The commands `drydock gradebook` and `drydock override`: grades from what was graded, into a file of an LMS's."""

from __future__ import annotations

import argparse
import datetime
import getpass
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from graders.class_arguments import INSTRUCTOR, STUDENTS
from graders.class_pages import roster_of
from graders.classes.course_pages import failed_last
from graders.classes.gradebook import Gradebook, Sources, gradebook
from graders.classes.lms.blackboard import fill_blackboard
from graders.classes.lms.canvas import fill_canvas
from graders.classes.lms.csv_file import plain_csv
from graders.classes.lms.filling import Filled, write
from graders.classes.lms.moodle import fill_worksheet
from graders.classes.lms.moodle_import import Import, moodle_import
from graders.classes.lms.sheet import read_sheet
from graders.classes.lms.summary import summary
from graders.classes.points import number
from graders.classes.policies import Policy, read_policy
from graders.classes.refusals import GradebookError, say
from graders.classes.roster import Roster
from graders.classes.store import Override, Store
from graders.grade_class import address_of
from graders.rubric import Lab
from graders.verdicts import Text

Say = Callable[[str], None]


def run(options: argparse.Namespace, speaks: str, lab: Lab, out: Say) -> int:
    """Show a class's grades, or write them into a file.

    Returns:
        the exit code, 0.

    Raises:
        GradebookError: it cannot be done, and nothing was written.
    """
    book = _book(options, lab)
    for notice in book.notices:
        out(notice.in_language(speaks))
    made = _made(options, speaks, lab, book)
    if made is None:
        for line in _shown(book, speaks):
            out(line)
        return 0
    data, default = made
    if isinstance(data, Filled):
        for text in summary(data):
            out(text.in_language(speaks))
    if not options.dry_run:
        path = options.output or Path(default)
        write(data.data if isinstance(data, Filled) else data, path)
        out(say("file_written", name=path).in_language(speaks))
    return 0


def override(options: argparse.Namespace, speaks: str, lab: Lab, out: Say) -> int:
    """Keep an instructor's points, or withdraw them.

    Returns:
        the exit code, 0.

    Raises:
        GradebookError: the lab has no such check, nobody knows the student.
    """
    if options.check and options.check not in {check.id for check in lab.checks}:
        known = ", ".join(check.id for check in lab.checks)
        raise GradebookError("override_no_check", check=options.check, lab=lab.id, known=known)
    now = datetime.datetime.now().astimezone()
    points = None if options.withdraw else options.points
    who = options.by or getpass.getuser()
    with Store(address_of(options.store, options.reports)) as store:
        known_student = any(True for _ in store.results(lab.id, student=options.student))
        store.override(Override(options.student, lab.id, points, options.reason, who, now, options.check))
    key = "override_withdrawn" if points is None else "override_kept"
    what = options.check or lab.id
    given = number(Decimal(str(points))) if points is not None else ""
    out(say(key, student=options.student, what=what, points=given, who=who).in_language(speaks))
    if not known_student:
        out(say("override_nobody", student=options.student, lab=lab.id).in_language(speaks))
    return 0


def _book(options: argparse.Namespace, lab: Lab) -> Gradebook:
    policy = read_policy(options.policy) if options.policy else Policy()
    policy = replace(policy, choose=options.choose or policy.choose)
    if options.whole:
        policy = replace(policy, round="whole")
    with Store(address_of(options.store, options.reports)) as store:
        sources = Sources(
            list(store.results(lab.id, history=True)),
            store.overrides(lab.id),
            roster_of(options.roster, lab) or Roster((), ()),
            [attempt.student for attempt in failed_last(store, lab)],
        )
    now = datetime.datetime.now().astimezone()
    readers = options.reader == STUDENTS
    return gradebook(lab, sources, policy, now, for_students=readers, missing_zero=options.missing == "zero")


def _made(options: argparse.Namespace, speaks: str, lab: Lab, book: Gradebook) -> tuple[Filled | bytes, str] | None:
    """What is to be written, and under which name unless one is given."""
    grades, headers = book.grades, dict(options.header)
    if options.csv:
        data = plain_csv(grades, speaks, mark=options.bom, private=options.reader == INSTRUCTOR)
        return data, f"{lab.id}-grades.csv"
    if options.moodle_import:
        participants = read_sheet(options.participants) if options.participants else None
        title = options.column or lab.title.in_language(speaks)
        wanted = Import(title, speaks, options.maximum, options.fit, options.leave_out_unknown, options.bom)
        return moodle_import(grades, wanted, participants, headers), f"{lab.id}-moodle.csv"
    given = options.canvas or options.moodle or options.blackboard
    if given is None:
        return None
    return _filled(options, speaks, book, headers), f"{given.stem}-{lab.id}{given.suffix}"


def _filled(options: argparse.Namespace, speaks: str, book: Gradebook, headers: Mapping[str, str]) -> Filled:
    if options.moodle:
        feedback = speaks if options.feedback else ""
        return fill_worksheet(
            read_sheet(options.moodle), book.grades, fit=options.fit, feedback=feedback, headers=headers
        )
    if not options.column:
        raise GradebookError("no_column")
    if options.canvas:
        return fill_canvas(read_sheet(options.canvas), options.column, book.grades, fit=options.fit, new=options.new)
    return fill_blackboard(
        read_sheet(options.blackboard), options.column, book.grades, fit=options.fit, headers=headers
    )


def _shown(book: Gradebook, speaks: str) -> list[str]:
    """A line for each student."""
    lines = []
    for grade in book.grades:
        final = number(grade.final) if grade.final is not None else "-"
        facts = {"who": f"{grade.student} {grade.name}".strip(), "final": final, "possible": number(grade.possible)}
        notes = "; ".join(note.in_language(speaks) for note in grade.notes)
        lines.append(say("shown", **facts, notes=Text.same(notes)).in_language(speaks).rstrip())
    scored = sum(grade.scored for grade in book.grades)
    lines.append(say("shown_end", scored=scored, students=len(book.grades)).in_language(speaks))
    return lines

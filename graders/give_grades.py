"""The commands `drydock gradebook` and `drydock override`: grades from what was graded, into a file of an LMS's."""

from __future__ import annotations

import argparse
import datetime
import getpass
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from graders.class_pages import roster_of
from graders.classes.course_pages import failed_last
from graders.classes.gradebook import Gradebook, Sources, gradebook
from graders.classes.lms.blackboard import fill_blackboard
from graders.classes.lms.canvas import fill_canvas
from graders.classes.lms.csv_file import plain_csv
from graders.classes.lms.filling import Filled, write
from graders.classes.lms.fitting import Fit
from graders.classes.lms.moodle import fill_worksheet
from graders.classes.lms.moodle_import import MAXIMUM, Import, moodle_import
from graders.classes.lms.sheet import read_sheet
from graders.classes.lms.summary import summary
from graders.classes.points import number
from graders.classes.policies import Policy, read_policy
from graders.classes.refusals import GradebookError, say
from graders.classes.roster import Roster
from graders.classes.store import Override, Store
from graders.grade_class import address_of, takes_store
from graders.rubric import Lab
from graders.verdicts import Text

Say = Callable[[str], None]
STUDENTS, INSTRUCTOR = "students", "instructor"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock gradebook` takes beside the lab and the reports' folder."""
    takes_store(command)
    what = "the class, as given to `drydock grade`; without it, whoever has a result"
    command.add_argument("--roster", type=Path, metavar="FOLDER", help=what)
    command.add_argument("--policy", type=Path, metavar="FILE", help="a policy.toml: lateness, release, rounding")
    chosen = command.add_mutually_exclusive_group()
    chosen.add_argument(
        "--latest", dest="choose", action="store_const", const="latest", help="the hand-in that was last"
    )
    chosen.add_argument("--best", dest="choose", action="store_const", const="best", help="the one with most points")
    what = f"who gets to see it; `{STUDENTS}` leaves out what the policy still holds back (default: {INSTRUCTOR})"
    command.add_argument("--for", dest="reader", choices=(INSTRUCTOR, STUDENTS), default=INSTRUCTOR, help=what)
    command.add_argument("--missing", choices=("zero",), help="give 0 points to those who handed in nothing")
    command.add_argument("--whole", action="store_true", help="round final scores to whole points")
    _takes_target(command)
    command.add_argument("--output", type=Path, metavar="FILE", help="the new file; an existing one is never replaced")
    command.add_argument("--dry-run", action="store_true", help="only say what would change")


def _takes_target(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("write a file (without one of these, grades are only shown)")
    target = group.add_mutually_exclusive_group()
    target.add_argument("--csv", action="store_true", help="plain CSV")
    target.add_argument("--canvas", type=Path, metavar="EXPORT", help="fill in a gradebook that Canvas exported")
    target.add_argument("--moodle", type=Path, metavar="WORKSHEET", help="fill in an offline grading worksheet")
    target.add_argument("--moodle-import", action="store_true", help="a file for Moodle's Grades > Import")
    target.add_argument("--blackboard", type=Path, metavar="FILE", help="fill in a file of Work Offline > Download")
    group.add_argument("--column", metavar="TITLE", help="of Canvas (`Title (id)`) or Blackboard (its id)")
    group.add_argument("--new", action="store_true", help="Canvas: make a new assignment with the title --column")
    group.add_argument("--participants", type=Path, metavar="FILE", help="Moodle's import: a CSV with the participants")
    what = "Moodle's import: leave out whom Moodle does not know"
    group.add_argument("--leave-out-unknown", action="store_true", help=what)
    group.add_argument(
        "--maximum", type=_points, default=MAXIMUM, metavar="N", help="Moodle's import: of the grade item"
    )
    group.add_argument(
        "--feedback", action="store_true", help="Moodle's worksheet: write notes, replacing what is there"
    )
    what = "a header in a language that is not known, `grade=Note` for instance; may be repeated"
    group.add_argument("--header", action="append", default=[], type=_header, metavar="KEY=HEADER", help=what)
    what = "where the lab's points are not the column's maximum: refuse, scale in proportion, or write them as they are"
    group.add_argument("--fit", type=Fit, choices=list(Fit), default=Fit.REFUSE, help=what)
    group.add_argument(
        "--bom", action="store_true", help="CSV: begin with a byte order mark, which Excel needs for Korean"
    )


def add_override_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock override` takes beside the lab and the reports' folder."""
    takes_store(command)
    command.add_argument("student", metavar="STUDENT", help="the student's id")
    given = command.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "--points", type=float, metavar="N", help="in place of the machine's, which are kept beside them"
    )
    given.add_argument("--withdraw", action="store_true", help="let the machine's points count again")
    command.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the points")
    command.add_argument("--check", default="", metavar="ID", help="of this check only (default: of the whole lab)")
    command.add_argument("--by", default="", metavar="NAME", help="the instructor (default: the name of this login)")


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


def _points(given: str) -> Decimal:
    try:
        points = Decimal(given)
    except ArithmeticError:
        points = Decimal(0)
    if not (points.is_finite() and points > 0):
        raise argparse.ArgumentTypeError(f"expected points above 0; seen: {given}")
    return points


def _header(given: str) -> tuple[str, str]:
    key, equals, header = given.partition("=")
    if not (key and equals and header):
        raise argparse.ArgumentTypeError(f"expected KEY=HEADER; seen: {given}")
    return key, header

"""What the commands for classes take. What they do is elsewhere, for it takes long to load."""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path
from typing import Any

from graders.classes.lms.choices import MAXIMUM, Fit

STORE = "drydock.sqlite"  # in the reports' folder
STUDENTS, INSTRUCTOR = "students", "instructor"
LOOPBACK = "127.0.0.1"


def add_grade_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock grade` takes beside the lab and the reports' folder."""
    command.add_argument(
        "roster",
        type=Path,
        metavar="FOLDER",
        help="a folder with a folder or an archive for each student, or a CSV (docs/roster.md)",
    )
    _takes_store(command)
    command.add_argument("--jobs", type=int, metavar="N", help="how many at a time (default: what the machine bears)")
    command.add_argument(
        "--egress", choices=("on", "off"), default="off", help="whether containers reach beyond the dock (default: off)"
    )
    _takes_contact(command.add_argument_group("grade on several machines"), required=False)
    regrading = command.add_argument_group("grade again, although nothing has changed")
    regrading.add_argument("--all", action="store_true", help="everyone")
    regrading.add_argument("--failed", action="store_true", help="those without full marks")
    regrading.add_argument("--check", metavar="ID", help="those who have not passed this check")
    regrading.add_argument("--student", action="append", default=[], metavar="ID", help="this student; may be repeated")
    regrading.add_argument("--errors", action="store_true", help="only those whom the machine failed the last time")
    command.add_argument(
        "--best", action="store_true", help="show each student's best result, not the latest, in what is printed"
    )


def add_scheduler_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock scheduler` takes."""
    _takes_tls(command, "certificate and key of all machines in one file; made where there is none yet")
    what = f"the address to listen at (default: all of this machine's with --tls, {LOOPBACK} without)"
    command.add_argument("--host", metavar="HOST", help=what)
    command.add_argument("--port", type=int, default=8786, metavar="N", help="default: 8786")


def add_worker_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock worker` takes."""
    _takes_contact(command, required=True)
    command.add_argument("--jobs", type=int, metavar="N", help="how many at a time (default: what the machine bears)")


def add_pages_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock pages` takes beside the labs and the reports' folder."""
    what = "the class, as given to `drydock grade`; without it, whoever has a result"
    command.add_argument("--roster", type=Path, metavar="FOLDER", help=what)
    _takes_store(command)
    command.add_argument("--title", metavar="TEXT", help="of the course's page")
    command.add_argument("--pseudonyms", action="store_true", help="numbers in place of names, to show to others")
    what = "leave out the checks that this policy.toml still holds back from students"
    command.add_argument("--policy", type=Path, metavar="FILE", help=what)
    command.add_argument("--into", type=Path, metavar="DIR", help="where the pages go (default: into the reports)")


def add_gradebook_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `drydock gradebook` takes beside the lab and the reports' folder."""
    _takes_store(command)
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
    _takes_store(command)
    command.add_argument("student", metavar="STUDENT", help="the student's id")
    given = command.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "--points", type=float, metavar="N", help="in place of the machine's, which are kept beside them"
    )
    given.add_argument("--withdraw", action="store_true", help="let the machine's points count again")
    command.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the points")
    command.add_argument("--check", default="", metavar="ID", help="of this check only (default: of the whole lab)")
    command.add_argument("--by", default="", metavar="NAME", help="the instructor (default: the name of this login)")


def _takes_store(command: argparse.ArgumentParser) -> None:
    """Add the option that names the store."""
    command.add_argument("--store", metavar="URL", help=f"where results are kept (default: {STORE} in the reports)")


def _takes_contact(command: Any, *, required: bool) -> None:
    """Add what says where a scheduler is."""
    what = "its address: tls://HOST:PORT, or tcp://HOST:PORT on this machine alone (docs/cluster.md)"
    command.add_argument("--scheduler", metavar="ADDRESS", required=required, help=what)
    _takes_tls(command, "the file with certificate and key that `drydock scheduler` made")


def _takes_tls(command: Any, what: str) -> None:
    """Add the file that lets a machine in."""
    command.add_argument("--tls", type=Path, metavar="FILE", help=what)


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

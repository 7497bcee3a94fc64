"""A class's page for one lab: self-contained, and whole without its script but for filter, sort and search."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.classes import figures
from graders.classes.causes import told
from graders.classes.entries import Problem
from graders.classes.figures import Misconception
from graders.classes.people import People, address, when
from graders.classes.view import ClassView, MachineError, Score, Student, results_of, score_of
from graders.rubric import Check
from graders.scorecards.files import replace_file
from graders.scorecards.pages import Words, page_names, write_page
from graders.verdicts import LANGUAGES, Text, Verdict

TEMPLATES = Path(__file__).parent / "templates"
DOMAIN = "classpage"
PAGE = "class"
MOST_NAMED = 300  # students of one misconception
AT_ONCE = 6  # misconceptions that are not folded away

# The class of a cell, as short as can be: a page has thousands.
MARKS = {
    Verdict.FAILED: "f",
    Verdict.BLOCKED: "b",
    Verdict.PARTIAL: "h",
    Verdict.NOT_ASSESSABLE: "n",
    Verdict.PASSED: "p",
}
NO_MARK = "x"


def write(view: ClassView, folder: Path, language: str) -> Path:
    """Write a class's page in the chosen language, and in the others beside it.

    Args:
        view: the class.
        folder: where; made if it is not there.
        language: of the page that is returned.

    Returns:
        Its path.
    """
    pages = page_names(PAGE, language)
    folder.mkdir(parents=True, exist_ok=True)
    for speech in LANGUAGES:
        replace_file(folder / pages[speech], render(view, speech, pages=pages))
    return folder / pages[language]


def render(view: ClassView, language: str, *, pages: Mapping[str, str] | None = None) -> str:
    """A class's page.

    Args:
        view: the class.
        language: of the whole page.
        pages: language -> file name of the page in it, for the link to the other one.
    """
    words = Words(language, DOMAIN)
    people = People(words, [view])
    found = figures.misconceptions(view)
    rows = list(_rows(view, people, found))
    at = {row.student.id: row.number for row in rows}
    return write_page(
        words,
        TEMPLATES / "class.html",
        pages or page_names(PAGE, language),
        look="class",
        view=view,
        people=people,
        address=address,
        when=when,
        counts=figures.counts(view),
        spread=figures.spread(view),
        causes=[_shared(number, one, view, at, people) for number, one in enumerate(found, 1)],
        at_once=AT_ONCE,
        hardest=figures.hardest(view),
        rows=rows,
        full=most_common_possible(row.score for row in rows),
        changed=[row for row in rows if row.score.final is not None],
        times=figures.times(view.graded),
        errors=errors_of(view),
        absent=sorted((one for one in view.students if one.absent and not one.graded), key=people.order),
        problems=_to_look_at(view),
        others_graded=sum(bool(row.student.card and row.student.card.lab_version != view.lab.version) for row in rows),
        signs={mark: words.say(verdict.value) for verdict, mark in MARKS.items()} | {NO_MARK: words.say("no_verdict")},
        marks=MARKS,
        Verdict=Verdict,
        generated=view.generated.isoformat(),
    )


@dataclass(frozen=True)
class Row:
    """A student's line in the table."""

    number: int
    student: Student
    score: Score
    marks: tuple[str, ...]  # of each check
    causes: str  # numbers of the misconceptions, for the filter


def _rows(view: ClassView, people: People, found: list[Misconception]) -> Iterator[Row]:
    causes: dict[str, list[str]] = {}
    for number, one in enumerate(found, 1):
        for student in one.students:
            causes.setdefault(student.id, []).append(str(number))
    for number, student in enumerate(sorted(view.graded, key=people.order), 1):
        results = results_of(student, view.checks)
        marks = tuple(
            MARKS.get(results[check.id].verdict, NO_MARK) if check.id in results else NO_MARK for check in view.checks
        )
        yield Row(number, student, score_of(student, view), marks, " ".join(causes.get(student.id, ())))


def most_common_possible(scores: Iterable[Score]) -> float:
    """The points that most students could earn; they could differ, for machines can observe different things."""
    possible = sorted(score.possible for score in scores)
    groups = [(len(list(group)), value) for value, group in itertools.groupby(possible)]
    return max(groups)[1] if groups else 0.0


@dataclass(frozen=True)
class Shared:
    """A misconception as the page shows it."""

    number: int
    wrong: Text
    why: Text
    count: int
    checks: tuple[tuple[Check, int], ...]
    named: tuple[tuple[int, str], ...]  # number of the row and the student's name
    unnamed: int  # for whom there was no room


def _shared(number: int, one: Misconception, view: ClassView, at: Mapping[str, int], people: People) -> Shared:
    named = sorted((at[student.id], people.name(student)) for student in one.students)
    wrong, why = told(one, view)
    count = len(one.students)
    return Shared(number, wrong, why, count, one.checks, tuple(named[:MOST_NAMED]), max(0, count - MOST_NAMED))


def errors_of(view: ClassView) -> tuple[MachineError, ...]:
    """The machine's errors, those that ended up on a card among them."""
    known = {error.id for error in view.errors}
    on_cards = [
        MachineError(student.id, student.name, _reason(student, view.pseudonymous))
        for student in view.students
        if student.card and not student.card.complete and student.id not in known
    ]
    return (*view.errors, *on_cards)


def _reason(student: Student, pseudonymous: bool) -> Text:
    nothing = Text.same("")
    if pseudonymous or not student.card:
        return nothing
    return next((r.reason for r in student.card.results if r.verdict is Verdict.ERROR and r.reason), nothing)


def _to_look_at(view: ClassView) -> tuple[Problem, ...]:
    absent = {student.id for student in view.students if student.absent}
    return tuple(problem for problem in view.problems if problem.id not in absent)

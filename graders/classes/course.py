"""A course's page: several labs, each with its figures and its class page, and the points of every student."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from graders.classes import figures
from graders.classes.causes import told
from graders.classes.figures import Counts, Spread
from graders.classes.page import DOMAIN, TEMPLATES, errors_of, most_common_possible
from graders.classes.people import People, address
from graders.classes.view import ClassView, Score, Student, score_of
from graders.scorecards.files import replace_file
from graders.scorecards.pages import Words, page_names, write_page
from graders.verdicts import LANGUAGES, Text

PAGE = "course"


@dataclass(frozen=True)
class CourseLab:
    """A lab of a course.

    Args:
        view: its class.
        link: path of the class page as seen from the course page.
    """

    view: ClassView
    link: str


@dataclass(frozen=True)
class Course:
    """Several labs of one class.

    Args:
        title: of the course.
        generated: when the page was made, with zone.
        labs: in the order of the course. Names in all of them, or pseudonyms made from the ids of all.
    """

    title: Text
    generated: datetime
    labs: tuple[CourseLab, ...]

    def __post_init__(self) -> None:
        if len({lab.view.pseudonymous for lab in self.labs}) > 1:
            raise ValueError("expected names in all labs, or pseudonyms in all; seen: both")

    @property
    def pseudonymous(self) -> bool:
        """Whether numbers stand in place of names."""
        return any(lab.view.pseudonymous for lab in self.labs)


@dataclass(frozen=True)
class Figures:
    """A lab's line."""

    lab: CourseLab
    counts: Counts
    spread: Spread | None
    commonest: Text | None  # what is wrong, for the most students
    full: float


@dataclass(frozen=True)
class Place:
    """What a student has for one lab: a score, or why there is none."""

    score: Score | None
    state: str = ""
    link: str = ""


@dataclass(frozen=True)
class Line:
    """A student's line."""

    student: Student
    places: tuple[Place, ...]

    @property
    def total(self) -> float:
        """Points in all labs."""
        return sum(place.score.points for place in self.places if place.score)


def write_course(course: Course, folder: Path, language: str) -> Path:
    """Write a course's page in the chosen language, and in the others beside it.

    Args:
        course: what is shown.
        folder: where; made if it is not there.
        language: of the page that is returned.

    Returns:
        Its path.
    """
    pages = page_names(PAGE, language)
    folder.mkdir(parents=True, exist_ok=True)
    for speech in LANGUAGES:
        replace_file(folder / pages[speech], render_course(course, speech, pages=pages))
    return folder / pages[language]


def render_course(course: Course, language: str, *, pages: Mapping[str, str] | None = None) -> str:
    """A course's page.

    Args:
        course: what is shown.
        language: of the whole page.
        pages: language -> file name of the page in it, for the link to the other one.
    """
    words = Words(language, DOMAIN)
    people = People(words, [lab.view for lab in course.labs])
    labs = [_figures(lab) for lab in course.labs]
    return write_page(
        words,
        TEMPLATES / "course.html",
        pages or page_names(PAGE, language),
        look="class",
        course=course,
        labs=labs,
        full=sum(lab.full for lab in labs),
        lines=sorted(_lines(course), key=lambda line: people.order(line.student)),
        people=people,
        address=address,
        generated=course.generated.isoformat(),
    )


def _figures(lab: CourseLab) -> Figures:
    found = figures.misconceptions(lab.view)
    return Figures(
        lab,
        figures.counts(lab.view),
        figures.spread(lab.view),
        told(found[0], lab.view)[0] if found else None,
        most_common_possible(score_of(student, lab.view) for student in lab.view.graded),
    )


def _lines(course: Course) -> Iterator[Line]:
    of_lab = [_places(lab) for lab in course.labs]
    everyone = {id: Student(id) for places in of_lab for id in places}
    for id, student in everyone.items():
        yield Line(student, tuple(places.get(id, Place(None, "")) for places in of_lab))


def _places(lab: CourseLab) -> dict[str, Place]:
    """What each student has for a lab, by id; the last that holds counts, and a score before all else."""
    places = {problem.id: Place(None, "state_problem") for problem in lab.view.problems if problem.id}
    for student in lab.view.students:
        places.setdefault(student.id, Place(None, "state_waiting"))
        if student.absent:
            places[student.id] = Place(None, "state_absent")
    places |= {error.id: Place(None, "state_error") for error in errors_of(lab.view)}
    for student in lab.view.graded:
        link = address(student.link, lab.link) if student.link else ""
        places[student.id] = Place(score_of(student, lab.view), link=link)
    return places

"""The study as a course: its labs in order, how far a student is, and the page that leads through the weeks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path

from graders.labs import work_folder
from graders.rubric import Lab
from graders.scorecards.files import PAGE, RESULT, replace_file
from graders.scorecards.pages import TEMPLATES, Words, page_names, write_page
from graders.starter import STARTER, WORK
from graders.texts import catalogue
from graders.verdicts import LANGUAGES, Scorecard, Text

BEST = "best.json"  # in the reports' folder: lab -> a student's best score
START = "start"  # the page
DOMAIN = "course"
MANUAL = "docs"  # where the same is written without a student's scores


class State(StrEnum):
    """How far a student is with a lab; the values are msgids of the catalogue `course`."""

    NEW = "new"
    BEGUN = "begun"
    SCORED = "scored"
    DONE = "done"


@dataclass(frozen=True)
class Place:
    """A lab and how far a student is with it.

    Args:
        lab: the lab.
        state: how far.
        best: the best share of the points that could be earned, from 0 to 1; none before the first score.
        card: path of the last scorecard, seen from the reports' folder; empty where there is none.
        waits: labs that prepare for this one and are not done.
    """

    lab: Lab
    state: State
    best: float | None = None
    card: str = ""
    waits: tuple[Lab, ...] = ()

    @property
    def percent(self) -> str:
        """The best score, for people."""
        return "" if self.best is None else f"{int(100 * self.best + 1e-9)}"


def in_order(labs: Iterable[Lab]) -> list[Lab]:
    """Labs in the order of the study: by week, and what prepares for a lab before it; a bonus last."""
    waiting = sorted(labs, key=lambda lab: (lab.week, lab.bonus, lab.id))
    ordered: list[Lab] = []
    while waiting:
        left = {lab.id for lab in waiting}
        # A circle of labs that prepare for each other is broken at its first.
        following = next((lab for lab in waiting if not left & set(lab.after)), waiting[0])
        first = next((lab for lab in waiting if lab.week == waiting[0].week and not left & set(lab.after)), following)
        ordered.append(first)
        waiting.remove(first)
    return ordered


def note_best(reports: Path, card: Scorecard) -> None:
    """Keep the score of a student's own work where it is their best; a card that is no grade changes nothing.

    Args:
        reports: where scorecards are.
        card: of the lab's own work folder; one of another submission is passed over.
    """
    if card.submission != WORK or card.picked or not card.complete or not card.possible:
        return
    kept = read_best(reports)
    share = card.earned / card.possible
    if share > kept.get(card.lab, -1.0):
        reports.mkdir(parents=True, exist_ok=True)
        replace_file(reports / BEST, json.dumps({**kept, card.lab: round(share, 6)}, indent=1, sort_keys=True) + "\n")


def read_best(reports: Path) -> dict[str, float]:
    """Lab -> best share of the points; nothing where the file is not there, or is none that we wrote."""
    try:
        raw = json.loads((reports / BEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = raw.items() if isinstance(raw, dict) else ()
    return {str(lab): float(share) for lab, share in pairs if isinstance(share, (int, float)) and 0 <= share <= 1}


def places(labs: Iterable[Lab], reports: Path) -> list[Place]:
    """How far a student is with each lab, in the order of the study."""
    ordered, best = in_order(labs), read_best(reports)
    done = {lab.id for lab in ordered if best.get(lab.id) == 1}
    by_id = {lab.id: lab for lab in ordered}
    found = []
    for lab in ordered:
        card = reports / lab.id / WORK / PAGE
        seen = card.relative_to(reports).as_posix() if card.is_file() else ""
        waits = tuple(by_id[id] for id in lab.after if id in by_id and id not in done)
        found.append(Place(lab, _state(lab, best, reports), best.get(lab.id), seen, waits))
    return found


def _state(lab: Lab, best: dict[str, float], reports: Path) -> State:
    if lab.id in best:
        return State.DONE if best[lab.id] == 1 else State.SCORED
    graded = (reports / lab.id / WORK / RESULT).is_file()
    return State.BEGUN if graded or _edited(lab.folder / STARTER, work_folder(lab)) else State.NEW


def _edited(starter: Path, work: Path) -> bool:
    """Whether a file of the student's differs from the one that was given out, or is new."""
    for path in work.rglob("*") if work.is_dir() else ():
        given = starter / path.relative_to(work)
        try:
            if path.is_file() and not (given.is_file() and given.read_bytes() == path.read_bytes()):
                return True
        except OSError:  # not readable: the student made it so
            return True
    return False


@dataclass(frozen=True)
class Total:
    """Points in the course.

    A lab counts 100; a bonus adds what was earned in it and is not asked for, so that it lowers nothing.
    """

    earned: int
    possible: int

    @classmethod
    def of(cls, found: Sequence[Place]) -> Total:
        """The total of a student's places."""
        earned = sum(int(place.percent or 0) for place in found)
        return cls(earned, 100 * sum(not place.lab.bonus for place in found))


def write_start(labs: Iterable[Lab], reports: Path, language: str) -> Path:
    """Write the page that leads through the study, in every language.

    Returns:
        the page in the chosen language.
    """
    found = places(labs, reports)
    pages = page_names(START, language)
    reports.mkdir(parents=True, exist_ok=True)
    for speech in LANGUAGES:
        replace_file(reports / pages[speech], render_start(found, speech, pages))
    return reports / pages[language]


def render_start(found: Sequence[Place], language: str, pages: dict[str, str] | None = None) -> str:
    """The page that leads through the study.

    Args:
        found: how far a student is with each lab, in order.
        language: of the whole page.
        pages: language -> file name of the page in it.
    """
    words = Words(language, DOMAIN)
    weeks = [(week, list(group)) for week, group in groupby(found, key=lambda place: place.lab.week)]
    return write_page(
        words,
        TEMPLATES / "study" / "start.html",
        pages or page_names(START, language),
        look="start",
        weeks=weeks,
        total=Total.of(found),
        following=next((place for place in found if place.state is not State.DONE and not place.lab.bonus), None),
        State=State,
    )


def document(labs: Iterable[Lab], language: str) -> str:
    """The study as a page of the manual, in Markdown; see docs/course.md."""

    def say(key: str, **facts: object) -> str:
        return _text(key).fill({name: str(fact) for name, fact in facts.items()}).in_language(language)

    lines = [f"# {say('title')}", "", say("lead"), ""]
    ordered = in_order(labs)
    titles = {lab.id: lab.title.in_language(language) for lab in ordered}
    readme = "README.md" if language == "en" else f"README.{language}.md"
    for week, group in groupby(ordered, key=lambda lab: lab.week):
        of_week = list(group)
        topic = of_week[0].topic.in_language(language) if of_week[0].topic else ""
        lines += [f"## {say('week', week=week)}" + (f": {topic}" if topic else ""), ""]
        for lab in of_week:
            bonus = f" ({say('bonus')})" if lab.bonus else ""
            lines += [f"### [{titles[lab.id]}](../labs/{lab.id}/{readme}){bonus}", ""]
            lines += [lab.summary.in_language(language), ""]
            before = ", ".join(f"[{titles[id]}](../labs/{id}/{readme})" for id in lab.after if id in titles)
            lines += [f"{say('after')}: {before}", ""] if before else []
            if lab.reading:
                lines += [f"{say('read')}:", ""]
                lines += [f"- [{one.title.in_language(language)}]({one.url})" for one in lab.reading]
                lines.append("")
            lines += ["```console", f".venv/bin/drydock start {lab.id}", f".venv/bin/pytest labs/{lab.id}", "```", ""]
    return "\n".join(lines)


def _text(key: str) -> Text:
    return catalogue(DOMAIN)[key]


def line(place: Place, language: str, width: int) -> str:
    """A lab's line in the terminal: id, week, best score or state, title, topic.

    Args:
        width: of the column with ids, in characters.
    """
    state = f"{place.percent:>3} %" if place.best is not None else _text(f"{place.state}_short").in_language(language)
    topic = f"  ({place.lab.topic.in_language(language)})" if place.lab.topic else ""
    title = place.lab.title.in_language(language)
    return f"{place.lab.id:{width}}  {place.lab.week}  {state:>5}  {title}{topic}".rstrip()

"""Classes to look at when their pages change, and for the golden page:

    python -m graders.classes.samples FOLDER [NAME ...]

writes each, or just those named, as a page in each language.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from graders.classes.course import Course, CourseLab, render_course
from graders.classes.entries import Problem, said
from graders.classes.page import render
from graders.classes.pseudonyms import ids_of, pseudonyms, under_pseudonyms
from graders.classes.sample_lab import CHANCE, FACTS, NEEDS, lab, root_of
from graders.classes.view import ClassView, MachineError, Student
from graders.rubric import Cause, Check, Lab
from graders.scorecards.files import folder_name
from graders.scorecards.samples import HOSTILE, TITLES, finding, result, scorecard
from graders.scorecards.samples import sample_cards as cards
from graders.verdicts import LANGUAGES, Finding, Result, Scorecard, Text, Verdict

KOREA = timezone(timedelta(hours=9))
GENERATED = datetime(2026, 3, 16, 9, 30, tzinfo=KOREA)
DUE = datetime(2026, 3, 15, 23, 59, tzinfo=KOREA)
FAMILY = ("Kim", "Lee", "Park", "Choi", "Novak", "Okafor", "García", "김", "이", "박", "최", "정")
GIVEN = {
    "en": ("Minji", "Seojun", "Ana", "Chidi", "Lucía", "Tomáš", "Hana", "Jiho"),
    "ko": ("민지", "서준", "하은", "지호", "도윤", "수아", "예린", "현우"),
}


def sample_students(count: int, of: Lab, seed: int = 5) -> tuple[Student, ...]:
    """Students with scorecards, some of them good."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    return tuple(_student(number, of, dice) for number in range(1, count + 1))


def _student(number: int, of: Lab, dice: random.Random) -> Student:
    family = dice.choice(FAMILY)
    korean = family >= "가"
    given = dice.choice(GIVEN["ko" if korean else "en"])
    id = f"2026{number:05d}"
    results = _results(of, dice, dice.choice((0.2, 0.6, 1.0, 1.6)))
    card = scorecard(*results, submission=id, seconds=round(dice.gauss(14, 3), 2), lab=of.id, lab_version=of.version)
    return Student(
        id,
        family + given if korean else f"{family} {given}",
        card,
        DUE - timedelta(minutes=dice.randrange(4000)),
        link=f"{folder_name(id)}/scorecard.html",
    )


def _results(of: Lab, dice: random.Random, luck: float) -> list[Result]:
    results: dict[str, Result] = {}
    for check in of.checks:
        root = root_of(check.id)
        need = results.get(NEEDS.get(root, ""))
        verdict = Verdict.PASSED
        more: dict[str, object] = {}
        if need and need.verdict in (Verdict.FAILED, Verdict.BLOCKED):
            verdict, more = Verdict.BLOCKED, {"blocked_by": need.check}
        elif dice.random() < CHANCE[root] * luck:
            verdict = Verdict.PARTIAL if dice.random() < 0.2 else Verdict.FAILED
            more = {"finding": _finding(of.causes[dice.choice(check.causes)], dice)}
        results[check.id] = _scored(check, verdict, more)
    return list(results.values())


def _scored(check: Check, verdict: Verdict, more: Mapping[str, object]) -> Result:
    earned = check.points if verdict is Verdict.PASSED else check.points / 2 if verdict is Verdict.PARTIAL else 0.0
    return replace(result(check.id, verdict, earned=earned, **more), title=check.title, points=check.points)


def _finding(cause: Cause, dice: random.Random) -> Finding:
    facts = {name: dice.choice(FACTS[name]) for name in sorted(cause.wrong.placeholders())}
    return finding(cause=cause.id, wrong=cause.wrong.fill(facts), why=cause.why.fill(facts), evidence=(), reproduce="")


def sample_view(count: int = 12, checks: int = len(TITLES), seed: int = 5) -> ClassView:
    """A class with some of everything."""
    of = lab(checks)
    graded = list(sample_students(count, of, seed))
    graded[1] = replace(
        graded[1], final=95.0, reason="Showed in the laboratory that it works; the port was taken here."
    )
    graded[2] = replace(graded[2], card=_not_assessable(graded[2].card))
    absent = (Student("202609001", "Absent Anna", absent=True), Student("202609002", "", absent=True))
    return ClassView(
        lab=of,
        generated=GENERATED,
        students=(*graded, *absent, Student("202609003", "Failing Farid")),
        problems=(
            Problem("202609001", said("nothing")),
            Problem("202609002", said("nothing")),
            Problem("202609004", Text("Two hand-ins have this id.", "이 ID로 된 제출물이 두 개입니다.")),
        ),
        errors=(
            MachineError(
                "202609003",
                "Failing Farid",
                Text("No result within 900 s, three times.", "세 번 모두 900초 안에 결과가 없었습니다."),
            ),
        ),
        command="drydock grade networking hand-ins --errors",
    )


def _not_assessable(card: Scorecard | None) -> Scorecard | None:
    assert card is not None
    reason = Text("This kernel has no `ip_vs` module.", "이 커널에는 `ip_vs` 모듈이 없습니다.")
    results = [
        replace(one, verdict=Verdict.NOT_ASSESSABLE, earned=0.0, finding=None, reason=reason)
        if one.check == "inner_is_internal"
        else one
        for one in card.results
    ]
    return replace(card, results=tuple(results))


def hostile_view() -> ClassView:
    """Names, ids, links, reasons and findings by someone who means harm."""
    bad = Text.same(HOSTILE)
    of = lab()
    card = cards()["hostile"]
    link = f"javascript:alert(1)//{HOSTILE}"
    return ClassView(
        lab=of,
        generated=GENERATED,
        students=(
            Student(HOSTILE, HOSTILE, replace(card, results=card.results[:1]), link=link, final=3.0, reason=HOSTILE),
            Student("../../etc/passwd", "x" * 5000, scorecard(result("start_works")), link="../../etc/passwd"),
            Student("=1+1", "\u202e" * 200, scorecard(result(HOSTILE), result("start_works")), link="//evil.example"),
            Student(f"{HOSTILE} 2", HOSTILE, absent=True),
            Student(f"{HOSTILE} 3", HOSTILE, card),
        ),
        problems=(Problem(f"{HOSTILE} 4", bad), Problem("", bad)),
        errors=(MachineError(f"{HOSTILE} 5", HOSTILE, bad),),
        command=HOSTILE,
    )


def sample_views() -> dict[str, ClassView]:
    """Classes to look at."""
    small = sample_view()
    numbers = pseudonyms(ids_of(small), "salt")
    return {
        "class": small,
        "pseudonyms": under_pseudonyms(small, numbers),
        "hidden": replace(small, hidden=frozenset({"starts_again", "survives_new_address"})),
        "hostile": hostile_view(),
        "nobody": replace(small, students=small.students[-3:]),
        "large": sample_view(1000, 12),
    }


def sample_course() -> Course:
    """A course of three labs, one of which few have begun."""
    first = sample_view(30)
    titles = {"dockerfile": Text("Writing an image", "이미지 작성하기"), "volumes": Text("Volumes", "볼륨")}
    labs = [CourseLab(first, "networking/class.html")]
    for week, (id, title) in enumerate(titles.items(), 6):
        of = lab(id=id, title=title, week=week)
        students = sample_students(30 if week == 6 else 9, of, seed=week)
        named = {student.id: student.name for student in first.students}
        students = tuple(replace(student, name=named.get(student.id, "")) for student in students)
        labs.append(CourseLab(ClassView(of, GENERATED, students), f"{id}/class.html"))
    return Course(Text("Containers, spring 2026", "컨테이너, 2026년 봄"), GENERATED, tuple(labs))


def write_samples(folder: Path, names: list[str]) -> None:
    """Write classes as pages, `NAME.LANGUAGE.html`."""
    folder.mkdir(parents=True, exist_ok=True)
    views = sample_views()
    for name in names or [*views, "course"]:
        for language in LANGUAGES:
            page = render_course(sample_course(), language) if name == "course" else render(views[name], language)
            (folder / f"{name}.{language}.html").write_text(page, "utf-8")


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]), sys.argv[2:])

"""Read a lab's rubric, `lab.toml`, strictly: every mistake in it is one line with the file and the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graders.verdicts import Text

if TYPE_CHECKING:
    from graders.rubric_form import CauseForm, DockForm, RubricForm

RUBRIC = "lab.toml"
TOTAL = 100


class RubricError(Exception):
    """A rubric that cannot be used. Its text has one line for each mistake."""


@dataclass(frozen=True)
class Cause:
    """A named misconception."""

    id: str
    wrong: Text
    why: Text
    try_: Text
    expected: Text
    seen: Text
    reproduce: str = ""


@dataclass(frozen=True)
class Check:
    """One observation of the student's work, worth points."""

    id: str
    points: float
    title: Text
    hints: tuple[Text, ...]
    causes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    alone: bool = False  # changes what other checks look at, so nothing runs beside it
    lesson: str = ""
    task: Text | None = None  # the part of the lab that it belongs to


@dataclass(frozen=True)
class Reading:
    """Something to read before a lab."""

    title: Text
    url: str


@dataclass(frozen=True)
class Lab:
    """One exercise."""

    id: str
    folder: Path
    version: str
    week: int
    title: Text
    summary: Text
    lesson: str
    files: tuple[str, ...]  # what the student hands in
    dock: Mapping[str, Any]  # settings of the dock, as graders.dock.Settings takes them
    checks: tuple[Check, ...]
    causes: Mapping[str, Cause]
    reasons: Mapping[str, Text]  # why something cannot be assessed
    moments: Mapping[str, Text]  # what the time line calls the moments that checks mark
    topic: Text | None = None  # of the study's plan
    after: tuple[str, ...] = ()  # ids of the labs that prepare for this one
    reading: tuple[Reading, ...] = ()  # what to read before it
    bonus: bool = False  # its points add to the course and never lower it

    @property
    def module(self) -> str:
        """The module of its checks."""
        return f"graders.checks.{self.id.replace('-', '_')}"


def read_lab(folder: Path, shared: Mapping[str, Cause]) -> Lab:
    """Read the rubric of the lab in a folder.

    Args:
        folder: `labs/<lab>`; its name is the lab's id.
        shared: causes that every lab may use without writing them again.

    Raises:
        RubricError: with every mistake found.
    """
    from pydantic import ValidationError  # here, for it takes a tenth of a second to load

    from graders.rubric_form import RubricForm

    path = folder / RUBRIC
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RubricError(f"{path}: cannot be read: {problem}") from None
    try:
        rubric = RubricForm.model_validate(raw)
    except ValidationError as problem:
        lines = [f"{path}: {_key(error['loc'], raw)}: {_say(error)}" for error in problem.errors()]
        raise RubricError("\n".join(lines)) from None
    own = {name: _cause(name, cause) for name, cause in rubric.causes.items()}
    mistakes = [f"{path}: {mistake}" for mistake in _mistakes(rubric, own, shared)]
    if not re.match(r"^[a-z][a-z0-9-]*$", folder.name):
        mistakes.append(f"{path}: the folder's name is the lab's id: small letters, digits, -; seen: {folder.name!r}")
    if mistakes:
        raise RubricError("\n".join(mistakes))
    dock = rubric.dock
    return Lab(
        id=folder.name,
        folder=folder,
        version=rubric.version,
        week=rubric.week,
        title=rubric.title.text(),
        summary=rubric.summary.text(),
        lesson=rubric.lesson,
        files=tuple(rubric.submission.files),
        dock={
            "images": tuple(dock.images),
            "memory": dock.memory_mb << 20,
            "disk": dock.disk_mb << 20,
            "work": dock.work_mb << 20,
            "processes": dock.processes,
            "ports": tuple(dock.ports),
            "lend": tuple(dock.lend),
            "packages": tuple(dock.packages),
            "nodes": dock.nodes,
            "managers": dock.managers,
            "joined": dock.joined,
            "node_images": tuple(dock.node_images),
            "registry": dock.registry,
            "host_name": dock.host_name,
        },
        checks=tuple(
            Check(
                id=check.id,
                points=check.points,
                title=check.title.text(),
                hints=tuple(hint.text() for hint in check.hints),
                causes=tuple(check.causes),
                needs=tuple(check.needs),
                alone=check.alone,
                lesson=check.lesson or rubric.lesson,
                task=rubric.tasks[check.task].text() if check.task else None,
            )
            for check in rubric.checks
        ),
        causes={**shared, **own},
        reasons={name: reason.text() for name, reason in rubric.reasons.items()},
        moments={name: moment.text() for name, moment in rubric.moments.items()},
        topic=rubric.topic.text() if rubric.topic else None,
        after=tuple(rubric.after),
        reading=tuple(Reading(one.title.text(), one.url) for one in rubric.reading),
        bonus=rubric.bonus,
    )


def read_causes(path: Path) -> dict[str, Cause]:
    """Read a file of causes alone, as strictly as a rubric's.

    Raises:
        RubricError: with every mistake found.
    """
    from pydantic import ValidationError

    from graders.rubric_form import CausesForm

    raw = tomllib.loads(path.read_text("utf-8"))
    try:
        causes = CausesForm.model_validate({"causes": raw}).causes
    except ValidationError as problem:
        raise RubricError(
            "\n".join(f"{path}: {_key(e['loc'][1:], raw)}: {_say(e)}" for e in problem.errors())
        ) from None
    return {name: _cause(name, cause) for name, cause in causes.items()}


def _cause(name: str, cause: CauseForm) -> Cause:
    return Cause(
        name,
        cause.wrong.text(),
        cause.why.text(),
        cause.try_.text(),
        cause.expected.text(),
        cause.seen.text(),
        cause.reproduce,
    )


def _mistakes(rubric: RubricForm, own: Mapping[str, Cause], shared: Mapping[str, Cause]) -> Iterator[str]:
    """What is wrong with a rubric beyond the form of its parts."""
    total = round(sum(check.points for check in rubric.checks), 6)
    if total != TOTAL:
        yield f"checks: points must sum up to {TOTAL}; seen: {total:g}"
    yield from _mistakes_of_dock(rubric.dock)
    before: set[str] = set()
    for check in rubric.checks:
        where = f"checks.{check.id}"
        if check.id in before:
            yield f"{where}.id: two checks have this id"
        for need in check.needs:
            if need not in before:
                yield f"{where}.needs: {need!r} is no check that comes before this one"
        if check.task and check.task not in rubric.tasks:
            yield f"{where}.task: {check.task!r} is not in [tasks]"
        for cause in check.causes:
            if cause not in own and cause not in shared:
                yield f"{where}.causes: {cause!r} is neither in [causes] nor a cause that all labs share"
        before.add(check.id)
    for task in rubric.tasks.keys() - {check.task for check in rubric.checks}:
        yield f"tasks.{task}: no check belongs to it"
    used = {named for check in rubric.checks for named in check.causes}
    for name, own_cause in own.items():
        if name not in used:
            yield f"causes.{name}: no check lists this cause"
        if name in shared:
            yield f"causes.{name}: all labs share a cause of this name"
        for part in ("wrong", "why", "try_", "expected", "seen"):
            text: Text = getattr(own_cause, part)
            if Text(text.en, text.en).placeholders() != Text(text.ko, text.ko).placeholders():
                yield f"causes.{name}.{part.rstrip('_')}: en and ko must have the same placeholders"


def _mistakes_of_dock(dock: DockForm) -> Iterator[str]:
    if dock.managers > dock.nodes:
        yield f"dock.managers: at most as many as nodes, which are {dock.nodes}; seen: {dock.managers}"
    if dock.managers > 1 and not dock.joined:
        yield f"dock.managers: the student forms the Swarm (joined = false), not the harness; seen: {dock.managers}"
    if "host_name" in dock.model_fields_set and (dock.nodes > 1 or dock.registry):
        yield "dock.host_name: is for a dock with nothing beside it; nodes have names of their own"
    for key in ("joined", "node_images"):
        if dock.nodes == 1 and key in dock.model_fields_set:
            yield f"dock.{key}: is for several nodes; seen: nodes = 1"


def _key(location: tuple[int | str, ...], raw: object) -> str:
    """A location as people write it; an entry of a list of checks by its id where it has one."""
    parts: list[str] = []
    here: Any = raw
    for step in location:
        try:
            here = here[step]
        except (LookupError, TypeError):
            here = None
        named = isinstance(step, int) and isinstance(here, dict) and isinstance(here.get("id"), str)
        parts.append(here["id"] if named else str(step))
    return ".".join(parts) or "(the whole file)"


def _say(error: Any) -> str:
    kind, seen = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing translation" if error["loc"][-1] in ("en", "ko") else "missing"
    return f"{error['msg'][0].lower()}{error['msg'][1:]}; seen: {str(seen)[:60]!r}"

"""A teacher's `policy.toml`, read strictly: which hand-in counts, what lateness costs, when hidden checks are shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from graders.classes.points import HUNDREDTH, ONE, ZERO
from graders.classes.refusals import GradebookError, say
from graders.verdicts import Text

HUNDRED = Decimal(100)
UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}


@dataclass(frozen=True)
class Late:
    """What lateness costs.

    Args:
        due: with zone.
        grace: after `due`, without any cost; later than that, lateness counts from `due`.
        percent: for each day or hour that has begun; 0 to 100.
        per: 24 hours or one.
        of: whether percents are of the points earned or of those possible.
        cap: the most that is taken off, in percent.
        cut_off: with zone; what comes later gets no points. A student's own due date is never after it.
        applies_to: the final score, or only the machine's points that no override replaces.
        days: whole days that every student may be late.
        days_of: the same for single students, in place of `days`.
    """

    due: datetime
    grace: timedelta = timedelta(0)
    percent: Decimal = ZERO
    per: Literal["day", "hour"] = "day"
    of: Literal["earned", "possible"] = "earned"
    cap: Decimal = HUNDRED
    cut_off: datetime | None = None
    applies_to: Literal["final", "machine"] = "final"
    days: int = 0
    days_of: Mapping[str, int] = field(default_factory=dict)

    def days_for(self, student: str) -> int:
        """Late days of a student."""
        return self.days_of.get(student, self.days)


@dataclass(frozen=True)
class Release:
    """Checks whose points students see only later."""

    at: datetime  # with zone
    checks: frozenset[str]


@dataclass(frozen=True)
class Policy:
    """How a class is graded; `zone` is the one that times are shown in, their own where there is none."""

    choose: Literal["latest", "best"] = "latest"
    round: Literal["hundredths", "whole"] = "hundredths"
    late: Late | None = None
    release: Release | None = None
    zone: tzinfo | None = None

    @property
    def step(self) -> Decimal:
        """What a final score is a multiple of."""
        return ONE if self.round == "whole" else HUNDREDTH


def read_policy(path: Path) -> Policy:
    """Read a policy.

    Raises:
        GradebookError: it cannot be read, or with a line for each mistake in it.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise GradebookError("unreadable", name=path, problem=problem.strerror or problem) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise GradebookError("policy_malformed", name=path, problem=problem) from None
    try:
        return _File.model_validate(raw).policy(path)
    except ValidationError as problem:
        mistakes = [_mistake(error) for error in problem.errors(include_url=False)]
        raise GradebookError("policy_wrong", mistakes, name=path) from None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=0, le=3650)]


class _Late(_Strict):
    due: datetime
    grace_minutes: Annotated[int, Field(ge=0, le=525_600)] = 0
    percent: Percent = 0
    per: Literal["day", "hour"] = "day"
    of: Literal["earned", "possible"] = "earned"
    cap: Percent = 100
    cut_off: datetime | None = None
    applies_to: Literal["final", "machine"] = "final"
    late_days: Days = 0
    students: dict[str, Days] = {}


class _Release(_Strict):
    at: datetime
    checks: Annotated[list[str], Field(min_length=1)]


class _File(_Strict):
    zone: str = ""
    choose: Literal["latest", "best"] = "latest"
    round: Literal["hundredths", "whole"] = "hundredths"
    late: _Late | None = None
    release: _Release | None = None

    def policy(self, path: Path) -> Policy:
        times = _Times(self.zone, path)
        late = _late(self.late, times) if self.late else None
        release = None
        if self.release:
            release = Release(times.read("release.at", self.release.at), frozenset(self.release.checks))
        times.check()
        return Policy(self.choose, self.round, late, release, times.zone)


class _Times:
    """Times of a file: one without a zone is in the file's; one that has none either is a mistake."""

    def __init__(self, zone: str, path: Path) -> None:
        self._path = path
        self._mistakes: list[Text] = []
        self.zone = self._find(zone) if zone else None

    def read(self, key: str, when: datetime) -> datetime:
        """A time with a zone."""
        if when.tzinfo is None and self.zone is None:
            self._mistakes.append(say("policy_no_zone", key=key, seen=when.isoformat(sep=" ")))
        return when if when.tzinfo else when.replace(tzinfo=self.zone)

    def wrong(self, text: Text) -> None:
        """Note a mistake."""
        self._mistakes.append(text)

    def check(self) -> None:
        """Raise what was wrong, if anything."""
        if self._mistakes:
            raise GradebookError("policy_wrong", self._mistakes, name=self._path)

    def _find(self, zone: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(zone)
        except (OSError, ValueError, LookupError):  # no such zone, or a path in place of a name
            self._mistakes.append(say("policy_unknown_zone", zone=zone))
            return None


def _late(raw: _Late, times: _Times) -> Late:
    due = times.read("late.due", raw.due)
    cut_off = raw.cut_off and times.read("late.cut_off", raw.cut_off)
    if cut_off and due.tzinfo and cut_off.tzinfo and cut_off < due:
        times.wrong(say("policy_cut_off", due=due, cut_off=cut_off))
    return Late(
        due=due,
        grace=timedelta(minutes=raw.grace_minutes),
        percent=Decimal(str(raw.percent)),
        per=raw.per,
        of=raw.of,
        cap=Decimal(str(raw.cap)),
        cut_off=cut_off,
        applies_to=raw.applies_to,
        days=raw.late_days,
        days_of=raw.students,
    )


def _mistake(error: Any) -> Text:
    key = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return say("policy_unknown_key", key=key)
    if error["type"] == "missing":
        return say("policy_missing", key=key)
    return say("policy_bad_value", key=key, expected=error["msg"], seen=repr(error["input"]))

"""How late a hand-in is, and what that takes off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from graders.classes.points import ZERO, number
from graders.classes.policies import HUNDRED, UNITS, Late
from graders.classes.refusals import say
from graders.verdicts import Text


@dataclass(frozen=True)
class Lateness:
    """What lateness takes off, in percent from 0 to 100, and what is to be said of it."""

    percent: Decimal
    notes: tuple[Text, ...] = ()


def lateness(late: Late | None, student: str, handed_in: datetime | None) -> Lateness:
    """How late a student is.

    A time that is not known is not late, which is said. Late days move a student's due date by so many days of the
    calendar; where that is after the cut-off, the cut-off waits for it.

    Args:
        late: none where nothing is ever late.
        student: the id.
        handed_in: with zone.
    """
    if late is None:
        return Lateness(ZERO)
    if handed_in is None:
        return Lateness(ZERO, (say("time_unknown"),))
    due = own_due(late, student)
    # In UTC: two times of one zone are subtracted as the clocks on the wall show them, also over a change of theirs.
    after = handed_in.astimezone(UTC) - due.astimezone(UTC)
    if after <= timedelta(0):
        return Lateness(ZERO)
    notes = tuple(_late_days(late, student, due))
    if after <= late.grace:
        return Lateness(ZERO, (*notes, say("in_grace")))
    if late.cut_off and handed_in.astimezone(UTC) > late.cut_off.astimezone(UTC):
        return Lateness(HUNDRED, (*notes, say("after_cut_off", time=shown(late.cut_off))))
    begun = -(-after // UNITS[late.per])
    percent = min(late.cap, late.percent * begun)
    return Lateness(percent, (*notes, say(f"late_{late.per}s", begun=begun, percent=number(percent))))


def own_due(late: Late, student: str) -> datetime:
    """When a student's work is due, with zone."""
    return late.due + timedelta(days=late.days_for(student))


def shown(time: datetime, zone: tzinfo | None = None) -> str:
    """A time for people, with a zone: the one given, else its own."""
    return (time.astimezone(zone) if zone else time).strftime("%Y-%m-%d %H:%M:%S %z")


def _late_days(late: Late, student: str, due: datetime) -> list[Text]:
    days = late.days_for(student)
    return [say("late_days_used", days=days, due=shown(due))] if days else []

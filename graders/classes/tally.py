"""A scorecard's points, with an instructor's in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from graders.classes.lateness import shown
from graders.classes.points import ZERO, exact, number
from graders.classes.refusals import say
from graders.classes.store import Override
from graders.verdicts import Result, Scorecard, Text, Verdict

WHOLE = ""  # an override's check where it is for the whole lab


@dataclass(frozen=True)
class View:
    """Who a gradebook is for, and what that one may see.

    Args:
        hidden: checks whose points are held back.
        until: when they are released, with zone.
        private: whether instructors alone see it: names of instructors and their reasons.
        zone: that times are shown in; none for their own.
    """

    hidden: frozenset[str] = frozenset()
    until: datetime | None = None
    private: bool = True
    zone: tzinfo | None = None


@dataclass(frozen=True)
class Tally:
    """Points, and what to say of them.

    Args:
        machine: all that the machine gave.
        kept: those of the machine's that count.
        kept_possible: the most that these can be.
        given: those of an instructor's that count.
        possible: the most points.
    """

    machine: Decimal
    kept: Decimal
    kept_possible: Decimal
    given: Decimal
    possible: Decimal
    notes: tuple[Text, ...]

    @property
    def points(self) -> Decimal:
        """All that count."""
        return self.kept + self.given


def count(card: Scorecard, given: Mapping[str, Override], view: View) -> Tally:
    """Count a card's points.

    Args:
        card: complete.
        given: an instructor's points by check, and by WHOLE.
        view: whom it is for; checks that are hidden do not count.
    """
    results = [result for result in card.results if result.check not in view.hidden]
    worth = {result.check: _worth(result, given) for result in results}
    possible = sum(worth.values(), ZERO)
    machine = sum((exact(result.earned) for result in results), ZERO)
    whole = given.get(WHOLE)
    if whole is not None and whole.points is not None:
        points, more = at_most(exact(whole.points), possible)
        unused = [say("override_beside_whole", check=check) for check in given if check != WHOLE]
        notes = (override_note(whole, machine, view), *more, *(unused if view.private else ()))
        return Tally(machine, ZERO, ZERO, points, possible, notes)
    known = {result.check for result in card.results}
    notes = tuple(say("override_unknown_check", check=check) for check in given if check not in known)
    notes = notes if view.private else ()
    kept, kept_possible, points_given = ZERO, ZERO, ZERO
    for result in results:
        override = given.get(result.check)
        if override is None or override.points is None:
            kept, kept_possible = kept + exact(result.earned), kept_possible + worth[result.check]
            continue
        points, more = at_most(exact(override.points), worth[result.check])
        points_given += points
        notes = (*notes, override_note(override, exact(result.earned), view), *more)
    return Tally(machine, kept, kept_possible, points_given, possible, notes)


def _worth(result: Result, given: Mapping[str, Override]) -> Decimal:
    """What a check is worth. One that this machine could not observe is worth nothing, unless a person looked at it."""
    looked = given.get(result.check)
    by_hand = looked is not None and looked.points is not None
    return exact(result.points) if by_hand or result.verdict is not Verdict.NOT_ASSESSABLE else ZERO


def at_most(points: Decimal, possible: Decimal) -> tuple[Decimal, tuple[Text, ...]]:
    """Points of an instructor's, and what to say where they are more than is possible."""
    if points <= possible:
        return points, ()
    return possible, (say("override_above", points=number(points), possible=number(possible)),)


def override_note(override: Override, machine: Decimal | None, view: View) -> Text:
    """What to say of an override; who gave it and why is for instructors only."""
    facts: dict[str, object] = {
        "check": override.check,
        "machine": say("no_points") if machine is None else number(machine),
        "points": number(exact(override.points or 0)),
    }
    part = "check" if override.check else "whole"
    if not view.private:
        return say(f"override_{part}", **facts)
    return say(
        f"override_{part}_by",
        who=override.who,
        when=shown(override.when, view.zone),
        reason=override.reason.strip(),
        **facts,
    )

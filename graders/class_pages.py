"""The command `drydock pages`: the pages of a class and of its course, from what was graded."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from graders.classes.course_pages import Wanted, labs_with_results, write_pages
from graders.classes.policies import read_policy
from graders.classes.roster import Roster, read_roster
from graders.classes.store import Store
from graders.grade_class import address_of, again
from graders.rubric import Lab
from graders.texts import catalogue
from graders.verdicts import Text

OK, NOTHING = 0, 2


def run(options: argparse.Namespace, speaks: str, labs: list[Lab], say: Callable[[str], None]) -> int:
    """Write the pages of the labs, or of all that have results.

    Returns:
        the exit code: 0 pages were written, 2 there are no results.
    """
    now = datetime.datetime.now().astimezone()
    with Store(address_of(options.store, options.reports)) as store:
        chosen = labs_with_results(store, labs)
        if not chosen:
            say(_text("no_results").fill({"store": store.where}).in_language(speaks))
            return NOTHING
        wanted = Wanted(
            chosen,
            options.reports,
            speaks,
            roster=_class(options.roster, chosen),
            commands={lab.id: again(lab, options.roster) for lab in chosen},
            hidden=_hidden(options.policy, now),
            into=options.into,
            nameless=options.pseudonyms,
            title=Text.same(options.title) if options.title else _text("course"),
        )
        for page in write_pages(store, wanted, now):
            say(str(page))
    return OK


def _class(folder: Path | None, labs: list[Lab]) -> Roster | None:
    """The class of the pages: of several labs only who is in it, for hand-ins are those of one."""
    roster = roster_of(folder, labs[0])
    if roster is None or len(labs) == 1:
        return roster
    return Roster(tuple(replace(entry, source=folder, handed_in=None) for entry in roster.entries), ())


def roster_of(folder: Path | None, lab: Lab) -> Roster | None:
    """The roster that was named, if one was."""
    return read_roster(folder, lab.id) if folder else None


def _hidden(policy: Path | None, now: datetime.datetime) -> frozenset[str]:
    release = read_policy(policy).release if policy else None
    return release.checks if release and now < release.at else frozenset()


def _text(key: str) -> Text:
    return catalogue("bulk")[key]

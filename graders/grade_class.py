"""The command `drydock grade`: a roster in, results in the store, cards and a table out."""

from __future__ import annotations

import argparse
import datetime
import shlex
import signal
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from rich.console import Console

from graders import cluster_commands
from graders.class_arguments import STORE
from graders.classes import regrade
from graders.classes.bulk import Bulk, Settings, Tally
from graders.classes.bulk import Wanted as Asked
from graders.classes.course_pages import Wanted, write_pages
from graders.classes.display import Display
from graders.classes.entries import Problem
from graders.classes.queue import Grader, Queue, bearable
from graders.classes.roster import Roster, read_roster
from graders.classes.store import FINAL, Store, Stored, file_address
from graders.dock import Trouble
from graders.labs import load
from graders.rubric import Lab
from graders.texts import catalogue, trouble
from graders.verdicts import visible

ALL_GRADED, SOME_ERRORS, INTERRUPTED = 0, 1, 130


def address_of(given: str | None, reports: Path) -> str:
    """The store's address: the one that was given, or the reports' own."""
    return given or file_address(reports / STORE)


def again(lab: Lab, roster: Path | None) -> str:
    """What to type to grade again those whom the machine failed."""
    return f"drydock grade {lab.id} {shlex.quote(str(roster)) if roster else 'FOLDER'} --errors"


def run(options: argparse.Namespace, speaks: str, lab_folder: Path, console: Console) -> int:
    """Grade a class.

    Returns:
        the exit code: 0 everyone has a score, 1 some have an error or a hand-in that cannot be read, 130 interrupted.
    """
    lab, _ = load(lab_folder)
    roster = read_roster(options.roster, lab.id)
    options.reports.mkdir(parents=True, exist_ok=True)
    address = address_of(options.store, options.reports)
    settings = Settings(options.jobs or bearable(lab), options.reports, speaks, options.egress == "on")
    screen = Screen(console, speaks)
    with Store(address) as store:
        before = list(store.results(lab.id))
        students = _chosen(store, lab, options, roster)
        bulk = Bulk(lab, store, settings)
        wanted = bulk.wanted(roster, students)
        interrupted = False
        with _grader(options, lab, settings, screen) as grader:
            screen.begin(lab, roster, len(wanted), len(bulk.tally.kept), grader.jobs)
            with Display(console, len(wanted), speaks) as display, _ended_cleanly():
                bulk.show(display.tell, display.done)
                try:
                    bulk.grade(wanted, grader)
                except KeyboardInterrupt:
                    interrupted = True
        history = list(store.results(lab.id, history=True))
        after = list(regrade.best(history) if options.best else regrade.latest(history))
        screen.end(bulk.tally, roster, before, after, display.rate)
        screen.say("page", page=_page(store, lab, options, speaks, roster, bulk.tally))
    if interrupted:
        screen.say("interrupted", left=len(wanted) - len(bulk.tally.graded) - len(bulk.tally.errors))
        return INTERRUPTED
    return SOME_ERRORS if bulk.tally.errors or bulk.tally.refused else ALL_GRADED


def _grader(
    options: argparse.Namespace, lab: Lab, settings: Settings, screen: Screen
) -> AbstractContextManager[Grader[Asked]]:
    """Who grades: this machine, or those of a cluster."""
    if not options.scheduler:
        return nullcontext(Queue[Asked](settings.jobs, preload=(lab.module,)))
    return cluster_commands.dispatcher(options, lab, screen.warn)


def _page(store: Store, lab: Lab, options: argparse.Namespace, speaks: str, roster: Roster, tally: Tally) -> Path:
    """Write the class's page, with what became of everyone."""
    unread = [Problem(student, why) for student, why in tally.refused.items()]
    seen = Roster(roster.entries, (*roster.problems, *unread))
    commands = {lab.id: again(lab, options.roster)}
    wanted = Wanted([lab], options.reports, speaks, roster=seen, errors=tally.errors, commands=commands)
    (page,) = write_pages(store, wanted, datetime.datetime.now().astimezone())
    return page


def _chosen(store: Store, lab: Lab, options: argparse.Namespace, roster: Roster) -> set[str] | None:
    """Whom to grade, where not everyone; those who are to be graded again get their next generation."""
    results = list(store.results(lab.id))
    again: set[str] = set(options.student)
    if options.all:
        again |= {entry.id for entry in roster.entries}
    if options.failed:
        again |= regrade.failed(results)
    if options.check:
        again |= regrade.not_passed(results, options.check)
    if again:
        store.regrade(lab.id, sorted(again))
    if options.errors:
        last = {attempt.student: attempt.outcome for attempt in store.attempts(lab.id)}
        return again | {student for student, outcome in last.items() if outcome != FINAL}
    return again if again or options.failed or options.check else None


class _ended_cleanly:
    """Takes SIGTERM for Ctrl-C, so that a class that is ended from outside ends as cleanly."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt


class Screen:
    """What is printed before and after."""

    def __init__(self, console: Console, language: str) -> None:
        self.console, self.language = console, language

    def say(self, key: str, **facts: object) -> None:
        """A text of the catalogue `bulk`."""
        filled = catalogue("bulk")[key].fill({name: str(fact) for name, fact in facts.items()})
        self.console.print(filled.in_language(self.language), soft_wrap=True, markup=False)

    def warn(self, problem: Trouble) -> None:
        """What is wrong with a part of the cluster, and does not end it."""
        self.say("left_out", why=trouble(problem.code, problem.facts).in_language(self.language))

    def begin(self, lab: Lab, roster: Roster, wanted: int, kept: int, jobs: int) -> None:
        """What there is to do, and whose hand-in is a problem."""
        title = lab.title.in_language(self.language)
        self.say("begin", lab=title, students=len(roster.entries), wanted=wanted, kept=kept, jobs=jobs)
        for problem in roster.problems:
            what = problem.what.in_language(self.language)
            self.say("problem", student=visible(problem.id, 80) or "-", what=what)

    def end(self, tally: Tally, roster: Roster, before: Iterable[Stored], after: Iterable[Stored], rate: float) -> None:
        """What it came to: changes of scores, hand-ins and machine errors apart, the counts."""
        rows = regrade.table(_scores_only(regrade.changes(_again(before, after), after)), self.language)
        for row in rows if len(rows) > 1 else ():
            self.console.print("  ".join(visible(cell, 40) for cell in row), soft_wrap=True, markup=False)
        for student, why in tally.refused.items():
            self.say("problem", student=visible(student, 80), what=why.in_language(self.language))
        for student, why in tally.errors.items():
            self.say("error", student=visible(student, 80), why=why.in_language(self.language))
        if tally.errors:
            self.say("errors_again")
        facts = {"graded": len(tally.graded), "kept": len(tally.kept), "errors": len(tally.errors)}
        self.say("end", **facts, problems=len(roster.problems) + len(tally.refused), rate=f"{rate:.0f}")


def _again(before: Iterable[Stored], after: Iterable[Stored]) -> list[Stored]:
    """Those that had a result before; a first result is no change."""
    has = {stored.job.student for stored in after}
    return [stored for stored in before if stored.job.student in has]


def _scores_only(changes: Iterable[regrade.Change]) -> Iterator[regrade.Change]:
    return (change for change in changes if change.before)

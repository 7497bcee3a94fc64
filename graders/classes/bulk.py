"""Grades a class: everyone of a roster, side by side, and keeps each result as soon as it is final."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from graders.classes.made_with import drydock_itself, rubric_digest
from graders.classes.queue import Grader, Lost, Outcome, Queue
from graders.classes.roster import Entry, HandInRefused, Roster, opened
from graders.classes.store import ERROR, FINAL, Attempt, Job, Store, Stored
from graders.classes.worker import Order
from graders.dock import Submission, SubmissionRefused, Trouble, ensure_seed, pack
from graders.grading import Options, dock_settings
from graders.rubric import Lab
from graders.scorecards import files
from graders.texts import interface, trouble
from graders.verdicts import Scorecard, Text, Verdict, visible

LONGEST_REASON = 4000  # characters of what went wrong
Packed = Submission | SubmissionRefused


@dataclass(frozen=True)
class Settings:
    """How to grade a class.

    Args:
        jobs: how many submissions at a time.
        reports: where the cards go, `<lab>/<student>/` in it.
        language: of the cards' first page, and of what the policy says.
        egress: whether containers reach beyond their dock.
    """

    jobs: int
    reports: Path
    language: str = "en"
    egress: bool = False


@dataclass(frozen=True)
class Wanted:
    """A hand-in and the result that it is to have."""

    entry: Entry
    job: Job

    @property
    def name(self) -> str:
        """What the card calls it: nobody's file system or terminal is told an id as it stands."""
        both = f"{self.entry.name} ({self.entry.id})" if self.entry.name else self.entry.id
        return visible(both, 200)


@dataclass
class Tally:
    """What became of a class.

    Args:
        kept: students whose result was there already.
        graded: students with a new result.
        errors: students without one, and why: the machine's fault.
        refused: students whose hand-in cannot be read, and why.
    """

    kept: list[str] = field(default_factory=list)
    graded: list[str] = field(default_factory=list)
    errors: dict[str, Text] = field(default_factory=dict)
    refused: dict[str, Text] = field(default_factory=dict)


class Bulk:
    """The grading of one class."""

    def __init__(self, lab: Lab, store: Store, settings: Settings) -> None:
        self.lab, self.store, self.settings = lab, store, settings
        seeds = dock_settings(lab, Options()).seeds
        self._images = " ".join(dict.fromkeys(ensure_seed(keys).image for keys in seeds))
        self._worker = f"{socket.gethostname()}/{os.getpid()}"
        self.tally = Tally()
        self._tell: Callable[[Wanted, str], None] = lambda wanted, state: None
        self._done: Callable[[Wanted, Scorecard | None, str], None] = lambda wanted, card, reason: None

    def show(self, tell: Callable[[Wanted, str], None], done: Callable[[Wanted, Scorecard | None, str], None]) -> None:
        """Have the course of it shown.

        Args:
            tell: called with a hand-in and what it does now; see `Queue`.
            done: called when a submission has come to its end, with its card where it has one, and the reason where
                it has no score.
        """
        self._tell, self._done = tell, done

    def wanted(self, roster: Roster, students: Iterable[str] | None = None) -> list[Wanted]:
        """What has no result yet, in the roster's order; what has one is counted as kept.

        Args:
            students: only these; all where it is None.
        """
        chosen = None if students is None else set(students)
        generations = self.store.generations(self.lab.id)
        found = []
        for entry in roster.entries:
            if entry.source is None or (chosen is not None and entry.id not in chosen):
                continue
            packed = self._pack(entry)
            if packed is not None:
                found.append(Wanted(entry, self._job(entry, packed, generations.get(entry.id, 0))))
        missing = self.store.missing(wanted.job.key for wanted in found)
        self.tally.kept += [wanted.entry.id for wanted in found if wanted.job.key not in missing]
        return [wanted for wanted in found if wanted.job.key in missing]

    def grade(self, wanted: Iterable[Wanted], grader: Grader[Wanted] | None = None) -> Tally:
        """Grade hand-ins; each result is in the store before the next is looked at.

        Args:
            grader: who does it; this machine where it is None.
        """
        grader = grader or Queue(self.settings.jobs, preload=(self.lab.module,))
        grader.tell = self._tell
        left = list(wanted)
        while left:
            try:
                for outcome in grader.grade(self._orders(left)):
                    self._take(outcome)
                break
            except Lost:
                left = self._left(left)
        return self.tally

    def _left(self, wanted: Iterable[Wanted]) -> list[Wanted]:
        """Those who have neither a result, by the store, nor an end without one this time."""
        ended = {*self.tally.graded, *self.tally.errors, *self.tally.refused}
        left = [one for one in wanted if one.entry.id not in ended]
        missing = self.store.missing(one.job.key for one in left)
        return [one for one in left if one.job.key in missing]

    def _orders(self, wanted: Iterable[Wanted]) -> Iterator[tuple[Wanted, Order]]:
        for one in wanted:
            # Packed again, so that no more than what is being graded is in memory; it may have changed meanwhile.
            packed = self._pack(one.entry)
            if packed is None:
                continue
            now = replace(one, job=replace(one.job, content=content_of(packed)))
            refused = (packed.cause, packed.facts) if isinstance(packed, SubmissionRefused) else None
            submission = packed if isinstance(packed, Submission) else None
            language, egress = self.settings.language, self.settings.egress
            yield now, Order(self.lab.folder, one.name, submission, refused, language, egress)

    def _pack(self, entry: Entry) -> Packed | None:
        try:
            with opened(entry) as folder:
                return pack(folder)
        except SubmissionRefused as refused:
            return refused
        except HandInRefused as refused:
            self.tally.refused[entry.id] = refused.problem.what
        except Trouble as problem:
            self.tally.errors[entry.id] = trouble(problem.code, problem.facts)
        except OSError as problem:
            self.tally.errors[entry.id] = Text.same(visible(str(problem), 200))
        return None

    def _job(self, entry: Entry, packed: Packed, generation: int) -> Job:
        return Job(
            student=entry.id,
            lab=self.lab.id,
            lab_version=self.lab.version,
            content=content_of(packed),
            images=self._images,
            drydock=f"{drydock_itself()} {rubric_digest(self.lab)}",
            generation=generation,
        )

    def _take(self, outcome: Outcome[Wanted]) -> None:
        """Keep what a submission came to: a score for good, anything else as an attempt."""
        wanted, card = outcome.what, outcome.card
        reason = outcome.trouble or (_reason(card) if card else "")
        now = datetime.datetime.now(datetime.UTC)
        started = datetime.datetime.fromtimestamp(outcome.started, datetime.UTC)
        attempt = Attempt(
            wanted.job.key, wanted.entry.id, self.lab.id, outcome.worker or self._worker, started, outcome.seconds,
            FINAL if outcome.final else ERROR, reason,
        )  # fmt: skip
        if card and outcome.final:
            self.store.put(Stored(wanted.job, wanted.entry.name, wanted.entry.handed_in, card, now))
            self.tally.errors.pop(wanted.entry.id, None)
            self.tally.graded.append(wanted.entry.id)
        elif card or outcome.last:
            self.tally.errors[wanted.entry.id] = _first_reason(card) if card else Text.same(reason)
        self.store.log(attempt)
        if card:
            files.write(
                card, self.settings.reports / self.lab.id / card_folder(wanted.entry.id), self.settings.language
            )
        if card or outcome.last:
            self._done(wanted, card, reason)


def content_of(packed: Packed) -> str:
    """The digest of a submission; of what was said of it where it cannot be taken in."""
    if isinstance(packed, Submission):
        return packed.digest
    said = json.dumps([packed.cause, sorted(packed.facts.items())])
    return hashlib.sha256(said.encode()).hexdigest()


def card_folder(student: str) -> str:
    """The folder of a student's card: distinct also where a file system takes small and capital letters for one."""
    name = files.folder_name(student)
    if name == name.casefold() or name != student:
        return name
    return f"{name}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _reason(card: Scorecard) -> str:
    """What a card's errors are, for whoever mends the machine."""
    errors = [result for result in card.results if result.verdict is Verdict.ERROR]
    return "\n".join(f"{one.check}: {one.reason.en if one.reason else ''} {one.detail}".strip() for one in errors)[
        :4000
    ]


def _first_reason(card: Scorecard) -> Text:
    for result in card.results:
        if result.verdict is Verdict.ERROR and result.reason:
            return result.reason
    return interface("our_mistake")

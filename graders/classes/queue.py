"""Grades submissions side by side on this machine, each in a process of its own, as fast as the machine bears."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Generic, Protocol, TypeVar

from graders.classes import worker
from graders.classes.worker import Order
from graders.rubric import Lab
from graders.scorecards.record import RecordError, from_record
from graders.verdicts import Scorecard

ATTEMPTS = 3  # a worker that dies or hangs is replaced, at most twice
DEADLINE_SECONDS = 900.0  # for one submission; each of its parts has a limit of its own, far below
AHEAD = 1  # docks that are started while all others are in use
# Loaded once: what a worker needs, and what it imports because the command that this process was started with does.
PRELOAD = (
    "graders.classes.worker",
    "graders.course",
    "graders.dock.kit",
    "graders.exporting",
    "graders.opening",
    "graders.rubric_form",
    "graders.starter",
    "graders.verify",
)
LEAVING_SECONDS = 10.0  # for a worker that is done to remove its dock; then its watcher does
PER_CORE = 2  # submissions: each waits about half of its time (benchmarks/README.md)
ENGINE_BYTES = 300 << 20  # what a dock's engine and its worker take beside the lab's own
T = TypeVar("T")
# A start looks through all processes, and before Python 3.12 stumbles over one that another thread closes meanwhile.
_PROCESSES = threading.Lock()


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one submission."""

    what: T  # as it was given
    card: Scorecard | None  # none where no worker came to an end
    trouble: str  # why not, for whoever mends the machine
    attempt: int  # the first is 1
    started: float  # seconds since the epoch
    seconds: float
    worker: str = ""  # who tried, where that is not this process

    @property
    def last(self) -> bool:
        """Whether it is not tried again."""
        return self.card is not None or self.attempt >= ATTEMPTS

    @property
    def final(self) -> bool:
        """Whether there is a score; an error is none."""
        return self.card is not None and self.card.complete


@dataclass
class _Running(Generic[T]):
    what: T
    order: Order
    attempt: int
    process: ForkServerProcess
    pipe: Connection
    started: float
    began: float = field(default_factory=time.monotonic)
    ready: bool = False
    grading: bool = False


def bearable(lab: Lab) -> int:
    """How many submissions of a lab this machine bears at a time, from its cores, its memory and the lab's docks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    each = int(lab.dock["memory"]) + int(lab.dock["disk"]) // 2 + ENGINE_BYTES
    docks = min(PER_CORE * cores, _memory() // each)
    return max(1, docks // int(lab.dock["nodes"]))


def _memory() -> int:
    """Bytes of memory that this machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 8 << 30


class Lost(Exception):
    """Who graded cannot be reached any more: what has no result is to be given to it once more."""


class Grader(Protocol[T]):
    """Grades what it is given: a `Queue` on this machine, or many machines."""

    tell: Callable[[T, str], None]

    @property
    def jobs(self) -> int:
        """How many submissions at a time."""

    def grade(self, orders: Iterable[tuple[T, Order]]) -> Iterator[Outcome[T]]:
        """Grade submissions; see `Queue.grade`.

        Raises:
            Lost: some have no outcome.
        """


class Queue(Generic[T]):
    """Grades what it is given.

    Args:
        jobs: how many submissions at a time.
        deadline: seconds for one submission, from its process's start.
        preload: modules that every worker needs, loaded once.
        tell: called with a submission and what it does now: `starting`, `grading`, `again`.
    """

    def __init__(
        self,
        jobs: int,
        *,
        deadline: float = DEADLINE_SECONDS,
        preload: Iterable[str] = (),
        tell: Callable[[T, str], None] = lambda what, state: None,
    ) -> None:
        self.jobs, self.deadline, self.tell = max(1, jobs), deadline, tell
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*PRELOAD, *preload])
        self._running: list[_Running[T]] = []
        self._leaving: list[tuple[ForkServerProcess, float]] = []  # done, and until when they may remove their docks

    def grade(self, orders: Iterable[tuple[T, Order]]) -> Iterator[Outcome[T]]:
        """Grade submissions, and yield what became of each as soon as it is final.

        Orders are taken only as they can be begun, so they may be made one by one. Closing the iterator ends what
        still runs; the docks are removed.
        """
        waiting = iter(orders)
        again: list[tuple[T, Order, int]] = []
        more = True
        try:
            while True:
                while (more or again) and len(self._running) < self.jobs + AHEAD:
                    if again:
                        self._start(*again.pop())
                    elif (given := next(waiting, None)) is not None:
                        self._start(*given, 1)
                    else:
                        more = False
                if not self._running:
                    return
                self._admit()
                self._see_off()
                for outcome, order in self._step():
                    if not outcome.last:
                        self.tell(outcome.what, "again")
                        again.append((outcome.what, order, outcome.attempt + 1))
                    yield outcome
        finally:
            for running in list(self._running):
                self._end(running)
            self._see_off(all_of_them=True)

    def _start(self, what: T, order: Order, attempt: int) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=worker.grade, args=(order, theirs), daemon=True)
        with _PROCESSES:
            process.start()
        theirs.close()
        self._running.append(_Running(what, order, attempt, process, ours, time.time()))
        self.tell(what, "starting")

    def _admit(self) -> None:
        """Let those begin whose docks are up, as far as there is room."""
        room = self.jobs - sum(running.grading for running in self._running)
        for running in [one for one in self._running if one.ready and not one.grading][: max(0, room)]:
            running.grading = True
            try:
                running.pipe.send(worker.GO)
            except OSError:
                continue  # it has ended; the pipe says so at the next step
            self.tell(running.what, "grading")

    def _step(self) -> list[tuple[Outcome[T], Order]]:
        """Wait until something happens or a deadline is over, and return what has come to an end."""
        now = time.monotonic()
        nearest = min(running.began + self.deadline for running in self._running)
        heard = wait([running.pipe for running in self._running], timeout=max(0.0, nearest - now))
        ended = []
        for running in list(self._running):
            if running.pipe in heard:
                outcome = self._hear(running)
            elif time.monotonic() - running.began >= self.deadline:
                outcome = self._outcome(running, None, f"no result within {self.deadline:.0f} s")
            else:
                continue
            if outcome:
                self._end(running, removes_its_dock=outcome.card is not None)
                ended.append((outcome, running.order))
        return ended

    def _hear(self, running: _Running[T]) -> Outcome[T] | None:
        try:
            word, record = running.pipe.recv()
        except (EOFError, OSError):
            running.process.join(5)
            return self._outcome(running, None, f"the worker ended with code {running.process.exitcode}")
        if word == worker.READY:
            running.ready = True
            return None
        try:
            card = from_record(json.loads(record))
        except (ValueError, RecordError) as problem:
            return self._outcome(running, None, f"the worker's record cannot be read: {problem}")
        return self._outcome(running, replace(card, submission=running.order.name), "")

    def _outcome(self, running: _Running[T], card: Scorecard | None, trouble: str) -> Outcome[T]:
        seconds = round(time.monotonic() - running.began, 2)
        return Outcome(running.what, card, trouble, running.attempt, running.started, seconds)

    def _end(self, running: _Running[T], *, removes_its_dock: bool = False) -> None:
        """End a worker; where it does not remove its dock itself, its watcher does."""
        self._running.remove(running)
        running.pipe.close()
        if removes_its_dock:
            self._leaving.append((running.process, time.monotonic() + LEAVING_SECONDS))
        else:
            _close(running.process, 0)

    def _see_off(self, *, all_of_them: bool = False) -> None:
        """Close the workers that have left, and those that take too long; in the end, all."""
        for process, until in list(self._leaving):
            left = until - time.monotonic()
            if all_of_them or left <= 0 or not process.is_alive():
                self._leaving.remove((process, until))
                _close(process, max(0.0, left))


def _close(process: ForkServerProcess, seconds: float) -> None:
    """Wait so long for a worker's end, and end it where it has not come."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
    with _PROCESSES:
        process.close()

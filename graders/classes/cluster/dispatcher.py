"""Has a class graded by a cluster: gives out no more than its workers soon need, and takes in each end as it comes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from distributed import Client, Future, as_completed
from distributed.scheduler import KilledWorker, NoValidWorkerError

from graders.classes.cluster import crew
from graders.classes.cluster.contact import Contact
from graders.classes.cluster.facts import Facts
from graders.classes.cluster.slots import grade_here
from graders.classes.queue import ATTEMPTS, Lost, Outcome
from graders.classes.worker import Order
from graders.dock import Trouble
from graders.verdicts import visible

WINDOW = 2  # jobs given out for each slot: nobody waits for the next one, and little is lost with a scheduler
Work = Callable[[str, Order], list[Outcome[None]]]
T = TypeVar("T")


@dataclass(frozen=True)
class _Job(Generic[T]):
    what: T
    order: Order
    given: float  # seconds since the epoch


class Dispatcher(Generic[T]):
    """Has submissions graded by all workers of a scheduler that grade them as this machine would.

    Args:
        contact: the scheduler.
        facts: what this machine would grade with.
        most: how many at a time; as many as there are slots where it is None.
        warn: called with a trouble that does not end it.
        work: what a worker does with an order.

    Raises:
        Trouble: there is no scheduler, no worker, or one that grades differently.
    """

    def __init__(
        self,
        contact: Contact,
        facts: Facts,
        *,
        most: int | None = None,
        warn: Callable[[Trouble], None] = lambda problem: None,
        work: Work = grade_here,
    ) -> None:
        self.contact, self.facts, self.most, self.warn, self.work = contact, facts, most, warn, work
        self.tell: Callable[[T, str], None] = lambda what, state: None
        self._client: Client | None = crew.meet(contact, facts, crew.MEET_SECONDS)
        self._strangers: set[str] = set()

    def __enter__(self) -> Dispatcher[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @property
    def jobs(self) -> int:
        """How many submissions at a time, now."""
        slots = self._slots()
        return min(slots, self.most or slots)

    def grade(self, orders: Iterable[tuple[T, Order]]) -> Iterator[Outcome[T]]:
        """Grade submissions, and yield what became of each attempt as soon as it is known.

        A job lost with its worker runs on another one. One that was on two workers when they died is run once more,
        after all others and alone: where a worker dies of it again it has no score, and whoever only shared those
        workers has one. Closing the iterator withdraws what has no end yet.

        Raises:
            Lost: the scheduler is gone; the next call waits for it.
            Trouble: it did not come back, or has had no worker for a long time.
        """
        if self._client is None:
            self._client = crew.meet(self.contact, self.facts, crew.RETURN_SECONDS)
        out = _Out[T](self._client, self.facts, self.work)
        suspects: list[_Job[T]] = []
        waiting = iter(orders)
        try:
            while self._fill(out, waiting) or out.jobs:
                job, ended = out.next()
                yield from _outcomes(job, ended, suspects)
            for job in list(suspects):
                out.give(job.what, job.order)
                yield from _outcomes(*out.next(), None)
        except Lost:
            self._leave()
            raise
        finally:
            out.withdraw()

    def _fill(self, out: _Out[T], waiting: Iterator[tuple[T, Order]]) -> bool:
        """Give out jobs until the window is full; whether one was."""
        given = False
        room = self.most or max(1, WINDOW * self._slots())
        while len(out.jobs) < room and (order := next(waiting, None)) is not None:
            self.tell(order[0], "starting")
            out.give(*order)
            given = True
        return given

    def _slots(self) -> int:
        """How many docks all workers have that grade as this machine would; others are told of once."""
        assert self._client
        try:
            found = crew.muster(self._client, self.facts)
        except OSError as problem:
            raise Lost(str(problem)) from None
        for address, stranger in found.strangers.items():
            if address not in self._strangers:
                self._strangers.add(address)
                self.warn(stranger)
        return found.slots

    def _leave(self) -> None:
        if self._client is not None:
            self._client.close(timeout=crew.LEAVE_SECONDS)
            self._client = None


class _Out(Generic[T]):
    """The jobs that are given out."""

    def __init__(self, client: Client, facts: Facts, work: Work) -> None:
        self.client, self.facts, self.work = client, facts, work
        self.jobs: dict[Future[Any], _Job[T]] = {}
        self._run, self._count = uuid.uuid4().hex[:12], 0
        self._ended = as_completed([], loop=client.loop, with_results=True, raise_errors=False)

    def give(self, what: T, order: Order) -> None:
        # A tuple: the scheduler remembers the first part of a key for ever, and so each whole one that is a string.
        key = (f"grade-{self._run}", self._count)
        self._count += 1
        needs = {self.facts.resource: 1}
        future = self.client.submit(self.work, self.facts.lab, order, key=key, resources=needs, pure=False)
        self.jobs[future] = _Job(what, order, time.time())
        self._ended.add(future)

    def next(self) -> tuple[_Job[T], Any]:
        """Wait for the next end: the job, and its outcomes or what they failed with."""
        future, result = next(self._ended)
        job, status = self.jobs.pop(future), future.status
        future.release()  # or the worker, and this process, keep what it came to
        if status in ("cancelled", "lost") or isinstance(result, CancelledError):
            raise Lost(str(result))
        return job, result[1] if status == "error" else result

    def withdraw(self) -> None:
        """Take back what has no end yet."""
        for future in self.jobs:
            future.release()
        self.jobs.clear()


def _outcomes(job: _Job[T], ended: Any, suspects: list[_Job[T]] | None) -> Iterator[Outcome[T]]:
    """What became of a job; none yet where it is one of several that killed its workers.

    Args:
        suspects: takes it in then; None where it was alone.
    """
    if isinstance(ended, NoValidWorkerError):
        raise Trouble("cluster_deserted", problem=visible(str(ended), 200))
    if isinstance(ended, KilledWorker) and suspects is not None:
        suspects.append(job)
    elif isinstance(ended, BaseException):
        trouble = visible(f"{type(ended).__name__}: {ended}", 400)
        seconds = round(time.time() - job.given, 2)
        yield Outcome(job.what, None, trouble, ATTEMPTS, job.given, seconds)
    else:
        yield from (replace(outcome, what=job.what) for outcome in ended)

"""Grades again on every save, in docks that are started before they are needed."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import watchfiles

from graders.dock import Dock, Trouble, ensure_seed
from graders.grading import Grade, Options, dock_settings
from graders.labs import Checks
from graders.rubric import Lab
from graders.texts import policy_reasons
from graders.verdicts import Result, Scorecard, Verdict

STEP_MILLISECONDS = 30  # between two looks for changes
DEBOUNCE_MILLISECONDS = 120  # an editor writes more than one file
LOOK_SECONDS = 0.2  # between two looks for a folder that is gone
SETTLED = (Verdict.PASSED, Verdict.NOT_ASSESSABLE)


@dataclass(frozen=True)
class Change:
    """A check that came to something else than in the run before."""

    check: str
    before: Result
    after: Result

    @property
    def better(self) -> bool:
        """Whether it passes now."""
        return self.after.verdict in SETTLED


def changes(before: Scorecard, after: Scorecard) -> list[Change]:
    """The checks whose verdict or cause is another one now."""
    earlier = {result.check: result for result in before.results}
    found = []
    for result in after.results:
        old = earlier.get(result.check)
        if old and _outcome(old) != _outcome(result):
            found.append(Change(result.check, old, result))
    return found


def _outcome(result: Result) -> tuple[Verdict, str, float]:
    return result.verdict, result.finding.cause if result.finding else "", result.earned


class Warm:
    """Always one dock ahead: the next is started as soon as one is taken. Each is used once."""

    def __init__(self, lab: Lab, options: Options) -> None:
        self.lab, self.options = lab, options
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._next: concurrent.futures.Future[Dock] | None = None

    def __enter__(self) -> Warm:
        self._next = self._pool.submit(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next and not self._next.cancel():
            with contextlib.suppress(Exception):  # one that did not start needs no removal
                self._next.result().close(wait=True)
        self._pool.shutdown()

    def take(self) -> Dock:
        """The dock that is ready, or nearly so.

        Raises:
            Trouble: it did not start; the next one is tried by the next call.
        """
        assert self._next
        taken = self._next
        try:
            dock = taken.result()
        except BaseException:
            self._next = self._pool.submit(self._start)
            raise
        self._next = None
        return dock

    def prepare(self) -> None:
        """Start the next one, once nothing else needs the processors."""
        if self._next is None:
            self._next = self._pool.submit(self._start)

    def _start(self) -> Dock:
        settings = dock_settings(self.lab, self.options)
        seed = ensure_seed(settings.images)
        return Dock.start(settings, seed=seed, reasons=policy_reasons(self.options.language))


class Saves:
    """Waits for saves below a folder, in a thread of its own; a folder that is gone may come back."""

    def __init__(self, folder: Path, saved: Callable[[], None]) -> None:
        self.folder, self._saved = folder, saved
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)
        self._new = threading.Event()

    def __enter__(self) -> Saves:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)

    def wait(self) -> None:
        """Wait for a save since the last call of `seen`."""
        while not self._new.wait(LOOK_SECONDS):  # in pieces, so that Ctrl-C is heard on every system
            pass

    def seen(self) -> None:
        """Take what was saved up to now as known."""
        self._new.clear()

    @property
    def waiting(self) -> bool:
        """Whether something was saved since."""
        return self._new.is_set()

    def _watch(self) -> None:
        gone = False
        while not self._stop.is_set():
            if not self.folder.is_dir():
                if not gone:
                    self._tell()
                gone = True
                self._stop.wait(LOOK_SECONDS)
                continue
            if gone:
                self._tell()
            gone = False
            with contextlib.suppress(OSError):
                for _ in self._batches():
                    self._tell()

    def _tell(self) -> None:
        self._new.set()
        self._saved()

    def _batches(self) -> Iterator[object]:
        for batch in watchfiles.watch(
            self.folder,
            watch_filter=relevant,
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=self._stop,
            rust_timeout=500,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if not self.folder.is_dir():
                return
            if batch:
                yield batch


_usual = watchfiles.DefaultFilter()


def relevant(change: watchfiles.Change, path: str) -> bool:
    """Whether a change is a student's, not an editor's: no swap file, no lock, no probe."""
    name = Path(path).name
    return _usual(change, path) and not name.startswith((".#", "#", ".goutputstream")) and name != "4913"


def watch(
    lab: Lab,
    code: Checks,
    folder: Path,
    options: Options,
    *,
    begun: Callable[[], None],
    told: Callable[[Result], None],
    done: Callable[[Scorecard | None, Scorecard], None],
    failed: Callable[[Trouble], None],
    runs: int = 0,
) -> None:
    """Grade a folder now and after each save, until interrupted.

    Args:
        begun: called when a grading begins.
        told: called with each result as soon as it is final, in the rubric's order.
        done: called with the card before and the new one.
        failed: called when the machine could not.
        runs: end after so many cards; 0 for never.
    """
    running: list[Grade] = []

    def saved() -> None:
        for grade in list(running):
            grade.abandon()

    before: Scorecard | None = None
    with Warm(lab, options) as warm, Saves(folder, saved) as saves:
        while True:
            saves.seen()
            if not folder.is_dir():
                failed(Trouble("submission_missing", folder=folder))
                saves.wait()
                continue
            begun()
            try:
                card = _grade(Grade(lab, code, folder, options, dock=warm.take()), running, saves, told)
            except Trouble as problem:
                card = None
                failed(problem)
            warm.prepare()
            if card:
                done(before, card)
                before = card
                runs -= 1
                if runs == 0:
                    return
            if not saves.waiting:
                saves.wait()


def _grade(grade: Grade, running: list[Grade], saves: Saves, told: Callable[[Result], None]) -> Scorecard | None:
    """The card of one grading; None where a save came meanwhile."""
    running.append(grade)
    try:
        grade.start()
        for check in grade.lab.checks:
            if saves.waiting:
                grade.abandon()
            try:
                told(grade.result(check.id))
            except concurrent.futures.CancelledError:
                return None
        card = grade.finish()
        return None if grade.cancelled else card
    finally:
        grade.abandon()
        running.remove(grade)

"""Docks that are started before there is anything to grade. Each is used once."""

from __future__ import annotations

import concurrent.futures
import contextlib
from types import TracebackType

from graders.dock import Dock, ensure_seed
from graders.grading import Options, dock_settings
from graders.rubric import Lab
from graders.texts import policy_reasons


class Warm:
    """One dock ahead. As a context manager it starts the first, and at its end waits until all are removed."""

    def __init__(self, lab: Lab, options: Options) -> None:
        self.lab, self.options = lab, options
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._next: concurrent.futures.Future[Dock] | None = None
        self._taken: list[Dock] = []

    def __enter__(self) -> Warm:
        self.prepare()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next and not self._next.cancel():
            with contextlib.suppress(Exception):  # one that did not start needs no removal
                self._taken.append(self._next.result())
        for dock in self._taken:
            dock.close(wait=True)
        self._pool.shutdown()

    def prepare(self) -> None:
        """Start the next one, unless that was done."""
        if self._next is None:
            self._next = self._pool.submit(self._start)

    def take(self) -> Dock:
        """The dock that is ready, or nearly so.

        Raises:
            Trouble: it did not start; the next call tries another.
        """
        self.prepare()
        assert self._next
        concurrent.futures.wait([self._next])  # an interruption here leaves it to be removed at the end
        started, self._next = self._next, None
        dock = started.result()
        self._taken = [*(dock for dock in self._taken if not dock.closed), dock]
        return dock

    def _start(self) -> Dock:
        settings = dock_settings(self.lab, self.options)
        seed = ensure_seed(settings.seeds[0])
        return Dock.start(settings, seed=seed, reasons=policy_reasons(self.options.language))

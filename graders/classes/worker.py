"""Grades one submission in a process of its own, and tells what it came to through a pipe.

A process can be ended at any moment, a thread cannot; what it leaves behind, its watcher removes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from graders.dock import Submission, SubmissionRefused
from graders.dock.dock import await_removals
from graders.dock.engine import wait_for_engine
from graders.grading import ENGINE_SECONDS, Grade, Options
from graders.labs import load
from graders.scorecards.record import to_json

ABANDONED = 1  # the exit code
READY, GO, DONE = "ready", "go", "done"  # what is said through the pipe; with DONE the card's record


@dataclass(frozen=True)
class Order:
    """What to grade."""

    lab: Path  # the lab's folder
    name: str  # what the card calls the submission
    submission: Submission | None
    refused: tuple[str, dict[str, str]] | None = None  # cause and facts, where it cannot be taken in
    language: str = "en"
    egress: bool = False


def grade(order: Order, pipe: Connection) -> None:
    """Grade a submission: say READY when its dock is up, wait for GO, and say DONE with the record.

    Args:
        order: what to grade.
        pipe: to whoever gave the order; when that is gone, this process ends.
    """
    # Ctrl-C goes to the whole terminal; when to end is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    turn, done = threading.Event(), threading.Event()
    threading.Thread(target=_listen, args=(pipe, turn, done), daemon=True).start()

    def await_turn() -> None:
        if not turn.is_set():
            pipe.send((READY, ""))
            turn.wait()

    wait_for_engine(ENGINE_SECONDS)  # one that does not come back is told as the grade's error
    lab, code = load(order.lab)
    cause, facts = order.refused or ("", {})
    packed = SubmissionRefused(cause, **facts) if order.refused else order.submission
    options = Options(egress=order.egress, language=order.language)
    card = Grade(lab, code, Path(order.name or "-"), options, submission=packed, await_turn=await_turn).finish()
    done.set()
    pipe.send((DONE, to_json(card)))
    await_removals()  # cheaper here than by the watcher, which would have to load all that it needs


def _listen(pipe: Connection, turn: threading.Event, done: threading.Event) -> None:
    """Hear when it is this process's turn, and end it where nobody is there any more to take what it comes to."""
    with contextlib.suppress(EOFError, OSError):
        while pipe.recv() == GO:
            turn.set()
    if not done.is_set():
        os._exit(ABANDONED)  # the watcher removes the dock

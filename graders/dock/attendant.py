"""Asks the programs in a dock, by way of one process there that waits for questions.

An exec for each question costs 50 ms and more: the engine's work, and the start of Python. A fork costs one.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from docker.errors import DockerException

from graders.dock.engine import one_line, outer
from graders.dock.frames import STDOUT, frames, raw_socket
from graders.dock.troubles import Trouble

LIBRARY = "/usr/lib/drydock"
OPEN_SECONDS = 3600 * 24  # as long as a dock lives
LONGEST_LINE = 256 << 20  # bytes of one answer, as JSON


class Attendant:
    """A process in a dock that runs programs for us.

    Args:
        container: the dock's id on the outer engine.
        seconds: how long the engine may take to start it.

    Raises:
        Trouble: `dock_lost`.
    """

    def __init__(self, container: str, seconds: float) -> None:
        self._api = outer(seconds)
        try:
            command = ["python3", "-I", "-S", f"{LIBRARY}/attend.py"]
            job = self._api.exec_create(container, command, stdin=True)["Id"]
            self._connection = self._api.exec_start(job, socket=True)
            self._socket = raw_socket(self._connection)
        except (DockerException, requests.RequestException, OSError) as problem:
            self._api.close()
            raise Trouble("dock_lost", problem=one_line(problem)) from None
        self._numbers = itertools.count(1)
        self._asked: dict[int, concurrent.futures.Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._ended = ""  # why no answer comes any more
        self._reader = threading.Thread(target=self._read, name="attendant", daemon=True)
        self._reader.start()

    def ask(self, job: Mapping[str, object], seconds: float, most: int) -> str:
        """What a program says; several may be asked at once.

        Args:
            job: which program and its arguments, as `recipes/dock/attend.py` lists them.
            seconds: how long it may take.
            most: bytes that it may say.

        Raises:
            Trouble: `dock_lost`: the dock does not answer any more, or the program failed or said too much.
        """
        future: concurrent.futures.Future[dict[str, Any]] = concurrent.futures.Future()
        with self._lock:
            if self._ended:
                raise Trouble("dock_lost", problem=self._ended)
            number = next(self._numbers)
            self._asked[number] = future
            line = json.dumps({"id": number, "most": most, **job}).encode() + b"\n"
            try:
                self._socket.sendall(line)
            except OSError as problem:
                raise Trouble("dock_lost", problem=one_line(problem)) from None
        try:
            answer = future.result(seconds)
        except TimeoutError:
            raise Trouble("dock_lost", problem=f"{_name(job)} did not answer within {seconds:g} s") from None
        finally:
            self._asked.pop(number, None)
        if answer["exit"]:
            raise Trouble("dock_lost", problem=f"{_name(job)} ended with {answer['exit']}: {answer['err'][-300:]}")
        return str(answer["out"])

    def close(self) -> None:
        """End it; whoever waits for an answer is told."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.shutdown(2)
        self._api.close()

    def _read(self) -> None:
        problem = "the dock has ended"
        try:
            self._take_answers()
        except (OSError, ValueError, requests.RequestException) as seen:
            problem = one_line(seen)
        with self._lock:
            self._ended = problem
            waiting = list(self._asked.values())
        for future in waiting:
            with contextlib.suppress(concurrent.futures.InvalidStateError):
                future.set_exception(Trouble("dock_lost", problem=problem))

    def _take_answers(self) -> None:
        text = bytearray()
        for kind, data in frames(self._connection, OPEN_SECONDS):
            if kind != STDOUT:
                continue
            looked = len(text)  # so far there is no end of a line
            text += data
            if len(text) > LONGEST_LINE:
                raise ValueError(f"an answer of more than {LONGEST_LINE} bytes")
            while (end := text.find(b"\n", looked)) >= 0:
                answer = json.loads(text[:end])
                del text[: end + 1]
                looked = 0
                future = self._asked.get(answer["id"])
                if future and not future.done():
                    future.set_result(answer)


def _name(job: Mapping[str, object]) -> str:
    """What to call a program."""
    command = job.get("command")
    return str(command[0]) if isinstance(command, Sequence) else str(job.get("program", "a program"))

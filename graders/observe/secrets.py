"""Where a secret shows: in the arguments of programs, in files, in an image."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from graders.dock import Dock
from graders.observe.inside import LONGEST, answer_of, command

WATCH_SECONDS = 200.0
LARGEST_IMAGE = 512 << 20  # bytes that are looked through


class Watch:
    """The arguments of the student's programs that held a secret; complete when the watch has ended."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []
        self.problem: BaseException | None = None


@contextmanager
def watch_arguments(dock: Dock, secrets: Sequence[str]) -> Iterator[Watch]:
    """Watch the arguments of every program that the student's user starts meanwhile."""
    watch, stop = Watch(), f"/run/drydock/stop-{uuid.uuid4().hex}"
    ready = threading.Event()

    def follow() -> None:
        kept = b""
        try:
            wanted = command("argv.py", json.dumps(list(secrets)), stop, str(WATCH_SECONDS))
            for chunk in dock.stream(wanted, WATCH_SECONDS + 10, most=LONGEST):
                kept += chunk
                if b"\n" in kept:
                    ready.set()
            watch.seen = json.loads(kept.partition(b"\n")[2])["seen"]
        except BaseException as problem:  # noqa: BLE001 - raised again by whoever waits for the watch
            watch.problem = problem
        finally:
            ready.set()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    ready.wait(WATCH_SECONDS)
    try:
        yield watch
    finally:
        dock.output("touch", stop)
        thread.join(WATCH_SECONDS)
    if watch.problem:
        raise watch.problem


def in_files(dock: Dock, secrets: Sequence[str]) -> list[tuple[str, int]]:
    """The student's files that hold a secret: path and number of the secret."""
    return [(str(path), int(which)) for path, which in answer_of(dock, "secrets.py", list(secrets))]


def in_image(dock: Dock, image: str, secrets: Iterable[str]) -> bool:
    """Whether a secret stands in an image: its layers, also where a later one hides it, its settings, its history."""
    needles = [secret.encode() for secret in secrets]
    raw = dock.engine.api.inspect_image(image)
    if not raw["RootFS"].get("Layers"):  # one without any cannot be exported
        told = json.dumps([raw, dock.engine.api.history(image)], ensure_ascii=False).encode()
        return any(needle in told for needle in needles)
    overlap, last, size = max(map(len, needles)), b"", 0
    for chunk in dock.engine.api.get_image(image):
        size += len(chunk)
        text = last + chunk
        if any(needle in text for needle in needles):
            return True
        if size > LARGEST_IMAGE:
            return False
        last = text[-overlap:]
    return False

"""What the dock's engine tells of containers while something happens: its stream of events."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from graders.dock import Dock
from graders.verdicts import Evidence

# Network events and the like tell nothing of a container's life.
SHOWN = {"create", "attach", "start", "pause", "unpause", "kill", "die", "stop", "restart", "rename", "destroy",
         "exec_start"}  # fmt: skip
MOST_SHOWN = 60


@dataclass(frozen=True)
class Event:
    """One event of a container's."""

    action: str  # create, start, die, ...; of an exec without its command
    container: str  # its id
    name: str
    exit_code: int | None  # of a die
    signal: str  # of a kill
    image: str = ""  # that it is of, by the name that was asked for
    at: float = 0.0  # seconds, by the clock of the dock

    def __str__(self) -> str:
        return f"{self.action} (exit code {self.exit_code})" if self.action == "die" else self.action


@contextmanager
def recorded(dock: Dock) -> Iterator[list[Event]]:
    """Keep all events of containers from here to the end of the block; the list is filled when it ends.

    The engine itself keeps only its last 256 events, so they are not asked for afterwards. What comes meanwhile waits
    in the connection, and a volume that nobody else could name marks the end.
    """
    events: list[Event] = []
    api = dock.engine.api
    # With a time, or what happens before the engine has begun to listen would be lost.
    since: Any = _seconds(api.info()["SystemTime"])  # the stubs know only whole seconds
    stream = api.events(since=since, filters={"type": ["container", "volume"]}, decode=True)
    try:
        yield events
        marker = f"marker-{uuid.uuid4().hex}"
        api.create_volume(marker)
        try:
            for raw in stream:
                if raw["Type"] == "volume" and raw["Actor"]["ID"] == marker:
                    break
                if raw["Type"] == "container":
                    events.append(_event(raw))
        finally:
            api.remove_volume(marker)
    finally:
        stream.close()


def _seconds(time: str) -> str:
    """A time as the engine tells it (UTC, RFC 3339), as it wants it where it is asked: in seconds, with nanoseconds."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return f"{int(datetime.datetime.fromisoformat(f'{whole}+00:00').timestamp())}.{fraction or 0:0<9}"


def _event(raw: dict[str, Any]) -> Event:
    attributes = raw["Actor"].get("Attributes") or {}
    code = attributes.get("exitCode")
    return Event(
        action=raw["Action"].partition(":")[0],
        container=raw["Actor"]["ID"],
        name=attributes.get("name", ""),
        exit_code=int(code) if code is not None and raw["Action"] == "die" else None,
        signal=attributes.get("signal", ""),
        image=attributes.get("image", ""),
        at=raw["timeNano"] / 1e9,
    )


def of(events: Sequence[Event], container: str) -> list[Event]:
    """The events of one container, by its id."""
    return [event for event in events if event.container == container]


def story(events: Sequence[Event]) -> str:
    """Events as one line, those that do not matter left out."""
    return ", ".join(str(event) for event in events if event.action in SHOWN) or "-"


def told(events: Sequence[Event], title: str = "$ docker events") -> Evidence:
    """Events as evidence, a line each."""
    lines = [f"{event.name}  {event}" for event in events if event.action in SHOWN]
    return Evidence(title, "\n".join(lines[:MOST_SHOWN]) or "(none)")

"""What a dock answers: how commands in it ended, and what was used up and refused."""

from __future__ import annotations

from dataclasses import dataclass

FULL = 0.99  # used share of a file system from which it counts as full


@dataclass(frozen=True)
class Ran:
    """How a command of the student's ended."""

    command: tuple[str, ...]
    exit: int  # negative: ended by that signal
    seconds: float
    ended_by: str  # "time" or "output" where a limit ended it, else empty
    output: str  # both streams, as they came; the middle is left out where it is long
    refusals: tuple[Refusal, ...] = ()  # what the policy refused meanwhile


@dataclass(frozen=True)
class Entered:
    """How a command ended that we ran in a container."""

    exit: int | None  # negative: ended by that signal; None: it said too much, or its time was up
    output: str  # both streams, as they came


@dataclass(frozen=True)
class Refusal:
    """A request of the student's that the policy refused."""

    rule: str
    asked: str


@dataclass(frozen=True)
class State:
    """What the student's part of the dock has used up."""

    killed_for_memory: int
    refused_processes: int
    disk: float  # used share of the data root, 0 to 1
    work: float  # used share of the student's folder, 0 to 1
    refusals: tuple[Refusal, ...]
    cgroup: int

    @property
    def reached(self) -> tuple[str, ...]:
        """The limits that were reached: memory, processes, disk, /work."""
        limits = {
            "memory": self.killed_for_memory > 0,
            "processes": self.refused_processes > 0,
            "disk": self.disk >= FULL,
            "/work": self.work >= FULL,
        }
        return tuple(name for name, reached in limits.items() if reached)

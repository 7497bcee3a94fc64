"""A container's limits as the kernel has them, and what happens to those who press against them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from graders.dock import Dock
from graders.dock.patience import patient
from graders.observe.containers import Container
from graders.observe.inside import answer_of

PROGRAM = "cgroups.py"
SECONDS = 8  # in which somebody takes memory or starts processes, as far as the kernel lets them


@dataclass(frozen=True)
class Limits:
    """What a container may use; None is no limit."""

    memory: int | None  # bytes
    processes: int | None
    cpu: float | None  # of one processor

    def says(self) -> str:
        """The limits in a few lines."""
        parts = {"memory (bytes)": self.memory, "processes": self.processes, "processors": self.cpu}
        return "\n".join(f"{name}: {'no limit' if value is None else value}" for name, value in parts.items())


@dataclass(frozen=True)
class Taken:
    """How far somebody came who took memory."""

    taken: int  # bytes
    signal: int  # that ended them; 0 where they got all


@dataclass(frozen=True)
class Forked:
    """How far somebody came who started processes."""

    forked: int
    refused: bool  # the kernel refused one more
    there: int  # processes in the group then


def kernel_offers(dock: Dock) -> dict[str, bool]:
    """Whether this kernel can limit `memory`, `processes` and `cpu`."""
    return {kind: bool(there) for kind, there in answer_of(dock, PROGRAM, {"do": "offers"}).items()}


def limits(dock: Dock, container: Container | None) -> Limits:
    """The limits of a running container; None: those that a script in the dock finds below /sys/fs/cgroup."""
    question = {"do": "read", "pid": container.pid} if container else {"do": "read_dock"}
    return Limits(**answer_of(dock, PROGRAM, question))


def set_limits(dock: Dock, container: Container, new: Limits, period: int) -> Limits:
    """Set the limits of a running container in the kernel; the engine does not hear of it.

    Args:
        new: none of them is None.
        period: microseconds, of which `new.cpu` is the share that all processors together may work.
    """
    question = {"do": "set", "pid": container.pid, **asdict(new), "period": period}
    return Limits(**answer_of(dock, PROGRAM, question))


def take_memory(dock: Dock, container: Container | None, amount: int) -> Taken:
    """Take memory in a container's control group, by a program of ours; None: in that of the student's scripts."""
    question = {**_press("take", container), "bytes": amount}
    return Taken(**answer_of(dock, PROGRAM, question))


def start_processes(dock: Dock, container: Container | None, most: int) -> Forked:
    """Start processes in a container's control group, by a program of ours; they have ended when this returns."""
    question = {**_press("fork", container), "processes": most}
    return Forked(**answer_of(dock, PROGRAM, question))


def _press(do: str, container: Container | None) -> dict[str, object]:
    return {"do": do, "pid": container.pid if container else 0, "seconds": patient(SECONDS)}

"""The namespaces that processes are in, told by their inodes, and what a process sees from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders.dock import Dock
from graders.observe.inside import answer_of

PROGRAM = "namespaces.py"


@dataclass(frozen=True)
class View:
    """What one process sees."""

    namespaces: Mapping[str, int]  # net, pid, uts, mnt, ipc -> inode
    hostname: str
    numbers: tuple[int, ...]  # its process ID in the dock, and in each deeper PID namespace
    writes: Mapping[str, str]  # folder -> empty where its user can make a file there, else why not


def views(dock: Dock, pids: Sequence[int], folders: Sequence[str] = ()) -> list[View | None]:
    """Look at processes; None for one that has ended.

    Args:
        pids: in the dock's numbers; 0 stands for the dock itself.
        folders: where to try to make a file, as each process sees them.
    """
    answers = answer_of(dock, PROGRAM, {"pids": list(pids), "write": list(folders)})
    return [
        View(raw["namespaces"], raw["hostname"] or "", tuple(raw["numbers"]), raw["writes"] or {}) if raw else None
        for raw in answers
    ]

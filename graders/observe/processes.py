"""Processes of a container, seen from the dock: nothing that belongs to the container runs for it."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from graders.dock import Dock
from graders.observe.containers import Container

MOST = 200

LIST = """
import json, os, sys
space, most, found = os.stat(f"/proc/{sys.argv[1]}/ns/pid").st_ino, int(sys.argv[2]), []
for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
    try:
        if os.stat(f"/proc/{pid}/ns/pid").st_ino != space:
            continue
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read(2000).decode(errors="replace").split("\\0")[:-1]
        with open(f"/proc/{pid}/status") as file:
            uid = next(int(line.split()[2]) for line in file if line.startswith("Uid:"))
        with open(f"/proc/{pid}/uid_map") as file:
            ranges = [[int(field) for field in line.split()] for line in file]
    except (OSError, StopIteration):
        continue
    inside = next((a + uid - b for a, b, count in ranges if b <= uid < b + count), -1)
    found.append([pid, inside, arguments])
json.dump(found[:most], sys.stdout)
"""

SIGNAL = """
import os, sys
for pid in sys.argv[2:]:
    try:
        os.kill(int(pid), int(sys.argv[1]))
    except ProcessLookupError:
        pass
"""


@dataclass(frozen=True)
class Process:
    """One process."""

    pid: int  # in the dock's numbers
    uid: int  # effective, as the container counts
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"uid {self.uid}  {' '.join(self.arguments)[:200]}"


def processes(dock: Dock, container: Container) -> list[Process]:
    """The processes of a container, its first one first; none where it does not run."""
    if not container.pid:
        return []
    script = ["python3", "-I", "-S", "-c", LIST, str(container.pid), str(MOST)]
    found = [Process(pid, uid, tuple(words)) for pid, uid, words in json.loads(b"".join(dock.stream(script)))]
    return sorted(found, key=lambda process: process.pid != container.pid)


def freeze(dock: Dock, container: Container) -> None:
    """Stop all of a container's processes where they are; those that start later run."""
    pids = [str(process.pid) for process in processes(dock, container)]
    b"".join(dock.stream(["python3", "-I", "-S", "-c", SIGNAL, str(int(signal.SIGSTOP)), *pids]))

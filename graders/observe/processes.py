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
first, most = int(sys.argv[1]), int(sys.argv[2])
found, parents = {}, {}
try:
    space = os.stat(f"/proc/{first}/ns/pid").st_ino
except OSError:  # it has ended
    space = 0
for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
    try:
        if os.stat(f"/proc/{pid}/ns/pid").st_ino != space:
            continue
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read(2000).decode(errors="replace").split("\\0")[:-1]
        with open(f"/proc/{pid}/status") as file:
            status = dict(line.split(":", 1) for line in file)
        with open(f"/proc/{pid}/uid_map") as file:
            ranges = [[int(field) for field in line.split()] for line in file]
    except (OSError, ValueError):
        continue
    uid, parents[pid] = int(status["Uid"].split()[1]), int(status["PPid"])
    inside = next((a + uid - b for a, b, count in ranges if b <= uid < b + count), -1)
    found[pid] = [pid, inside, arguments]
def own(pid):
    while pid in parents and pid != first:
        pid = parents[pid]
    return pid == first
json.dump([entry for pid, entry in found.items() if own(pid)][:most], sys.stdout)
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
    """The container's first process and all that it started; none where it does not run.

    Not what the engine runs in it beside: a health check or an exec, which is the engine's own, root's even, for as
    long as it takes to begin.
    """
    if not container.pid:
        return []
    listed = json.loads(dock.program(LIST, str(container.pid), str(MOST)))
    found = [Process(pid, uid, tuple(words)) for pid, uid, words in listed]
    return sorted(found, key=lambda process: process.pid != container.pid)


def freeze(dock: Dock, container: Container) -> None:
    """Stop a container's own processes where they are; those that start later run, and so do health checks.

    A health check that is stopped while it begins is waited for by the engine for ever.
    """
    pids = [str(process.pid) for process in processes(dock, container)]
    dock.program(SIGNAL, str(int(signal.SIGSTOP)), *pids)

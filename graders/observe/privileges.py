"""What rights the processes of containers have, as the kernel says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.dock import Dock
from graders.observe.containers import Container
from graders.observe.inside import answer_of
from graders.verdicts import Evidence

PROGRAM = "privileges.py"
FILTER = 2  # seccomp's mode with a filter

# By the number of their bit; source: include/uapi/linux/capability.h
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip


@dataclass(frozen=True)
class Rights:
    """One process, and what it may."""

    pid: int  # in the dock's numbers
    arguments: tuple[str, ...]
    uids: tuple[int, ...]  # real, effective, saved and of files, as the container counts
    capabilities: tuple[str, ...]  # that it has in any set, that it could get later (the bounding set) too
    no_new_privileges: bool | None  # None: this kernel does not tell
    seccomp: int | None  # 0 none, 1 strict, 2 a filter; None likewise

    def says(self) -> str:
        """The rights in one line."""
        return (
            f"{' '.join(self.arguments)[:60]}  uid {self.uids[1]}  capabilities: {shown(self.capabilities)}  "
            f"NoNewPrivs: {self.no_new_privileges}  Seccomp: {self.seccomp}"
        )


def rights(dock: Dock, containers: Sequence[Container]) -> list[tuple[Rights, ...]]:
    """The processes of each container, the first one at the beginning; none of one that does not run."""
    firsts = [container.pid or -1 for container in containers]
    answers = answer_of(dock, PROGRAM, firsts)
    return [_first_before(pid, map(_rights, processes)) for pid, processes in zip(firsts, answers, strict=True)]


def _rights(raw: Mapping[str, Any]) -> Rights:
    told = raw["no_new_privileges"]
    return Rights(
        raw["pid"],
        tuple(raw["arguments"]),
        tuple(raw["uids"]),
        names(raw["capabilities"]),
        None if told is None else bool(told),
        raw["seccomp"],
    )


def _first_before(pid: int, processes: Iterable[Rights]) -> tuple[Rights, ...]:
    return tuple(sorted(processes, key=lambda process: process.pid != pid))


def names(bits: int) -> tuple[str, ...]:
    """The capabilities in a set of the kernel's."""
    known = [name for number, name in enumerate(CAPABILITIES) if bits >> number & 1]
    others = [str(number) for number in range(len(CAPABILITIES), 64) if bits >> number & 1]
    return (*known, *others)


def shown(capabilities: Sequence[str]) -> str:
    """Capabilities in a few words."""
    few = ", ".join(capabilities[:4])
    return f"{few}, ... ({len(capabilities)})" if len(capabilities) > 4 else few or "-"


def told(found: Mapping[str, tuple[Rights, ...]]) -> Evidence:
    """The rights of containers' processes, as evidence."""
    lines = [f"{name}: {process.says()}" for name, processes in found.items() for process in processes[:6]]
    return Evidence("/proc/PID/status", "\n".join(lines) or "(none)")

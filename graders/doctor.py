"""Look at a machine: can it grade, and if not, what mends it?"""

from __future__ import annotations

import enum
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from docker.errors import DockerException

from graders.dock import Dock, Settings, Trouble, images
from graders.dock.engine import address, engine, engine_host, one_line
from graders.dock.gate import is_desktop, remarks
from graders.dock.kit import megabytes
from graders.dock.seed import ensure_seed
from graders.texts import text, trouble
from graders.verdicts import Text, visible

CONTROL_IMAGE = "busybox"  # a container of it is run in the dock
DISK_BAD, DISK_LOW = 1_000_000_000, 4_000_000_000  # bytes: nothing works, and what all images take
DOCK_MEMORY = Settings().memory + Settings().disk + Settings().work  # bytes, the most that a usual dock takes
MEMORY_BAD = 1_000_000_000  # bytes; a dock with a small lab takes less than its limit
IPV6 = Path("/proc/net/if_inet6")  # there where the kernel has it (if_inet6 in proc(5))
SLOW_SECONDS = 5.0  # a dock's start; half a second is usual

MachineProblem = (DockerException, requests.RequestException, OSError)


class Level(enum.StrEnum):
    """How well a part of the machine is."""

    OK = "ok"
    WARN = "warn"  # grading works, less well than it could
    BAD = "bad"  # grading does not work


@dataclass(frozen=True)
class Record:
    """One part of the machine, looked at."""

    part: str  # a msgid of the catalogue `doctor`
    level: Level
    seen: Text
    mend: Text | None = None  # what to do; none where all is well


def examine(keys: Iterable[str] = ()) -> Iterator[Record]:
    """Look at each part of the machine, as soon as it is asked for the next.

    Args:
        keys: images that the labs use, as keys of the catalogue.
    """
    record = _engine()
    yield record
    if record.level is Level.BAD:  # there is nothing to look at without an engine
        return
    try:
        yield from _remarks()
    except MachineProblem as problem:
        yield Record("engine", Level.BAD, Text.same(one_line(problem)), text("engine_mend"))
    wanted = tuple(dict.fromkeys(("dock", CONTROL_IMAGE, *keys)))
    parts: list[tuple[str, Callable[[], Record]]] = [
        ("cgroups", _cgroups),
        ("disk", _disk),
        ("memory", _memory),
        ("network", _network),
        ("images", lambda: _images(wanted)),
        ("dock", _dock),
    ]
    for part, look in parts:
        try:
            yield look()
        except MachineProblem as problem:
            yield Record(part, Level.BAD, Text.same(one_line(problem)), text("engine_mend"))


def _engine() -> Record:
    try:
        info = engine().info()
    except Trouble as problem:
        denied = "permission denied" in problem.facts.get("problem", "").lower()
        mend = "engine_denied_mend" if denied else "engine_mend"
        seen = trouble(problem.code, problem.facts)
        # The other troubles' texts say themselves what to do.
        return Record("engine", Level.BAD, seen, text(mend) if problem.code == "no_engine" else None)
    except MachineProblem as problem:
        return Record("engine", Level.BAD, Text.same(one_line(problem)), text("engine_mend"))
    where = address() or "/var/run/docker.sock"
    facts = {"version": info.get("ServerVersion", "?"), "where": where}
    if any("rootless" in str(option) for option in info.get("SecurityOptions") or ()):
        return Record("engine", Level.WARN, text("engine_rootless", **facts), text("engine_rootless_mend"))
    return Record("engine", Level.OK, text("engine_seen", **facts))


def _remarks() -> Iterator[Record]:
    client = engine()
    for remark in remarks(client.version(), client.info(), address()):
        facts = dict(remark.facts)
        yield Record("engine", Level.WARN, text(remark.key, **facts), text(f"{remark.key}_mend", **facts))


def _cgroups() -> Record:
    info = engine().info()
    limits = {
        "memory": info.get("MemoryLimit"),
        "pids": info.get("PidsLimit"),
        "cpu": info.get("CpuCfsQuota"),
    }
    missing = [name for name, has in limits.items() if not has]
    version = info.get("CgroupVersion", "1")
    if missing:
        seen = text("cgroups_missing", version=version, missing=", ".join(missing))
        if missing == ["cpu"]:
            return Record("cgroups", Level.WARN, seen, text("cgroups_cpu_mend"))
        return Record("cgroups", Level.BAD, seen, text("cgroups_mend"))
    return Record("cgroups", Level.OK, text("cgroups_seen", version=version, controllers=", ".join(limits)))


def _disk() -> Record:
    folder = Path(str(engine().info().get("DockerRootDir") or "/var/lib/docker"))
    if not _is_local() or is_desktop(engine().info()) or not folder.exists():
        return Record("disk", Level.OK, text("disk_elsewhere", folder=folder))
    free = shutil.disk_usage(folder).free
    return _enough("disk", free, DISK_BAD, DISK_LOW, folder=str(folder))


def _memory() -> Record:
    free = _available() if _is_local() else 0
    return _enough("memory", free or int(engine().info().get("MemTotal", 0)), MEMORY_BAD, DOCK_MEMORY)


def _network() -> Record:
    """Whether this machine lacks IPv6, which a lost container might be put down to."""
    lacks = _is_local() and Path("/proc/net").exists() and not IPV6.exists()
    return Record("network", Level.OK, text("network_without_ipv6" if lacks else "network_seen"))


def _enough(part: str, free: int, bad: int, low: int, **facts: str) -> Record:
    seen = text(f"{part}_seen", free=megabytes(free), **facts)
    if free >= low:
        return Record(part, Level.OK, seen)
    return Record(part, Level.BAD if free < bad else Level.WARN, seen, text(f"{part}_mend", need=megabytes(low)))


def _is_local() -> bool:
    return engine_host() in ("localhost", "127.0.0.1")


def _available() -> int:
    """Bytes of memory that the kernel could give; 0 where it does not say or the engine has another kernel."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    fields = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    same_kernel = abs(fields.get("MemTotal", 0) - int(engine().info().get("MemTotal", 0))) < 1 << 20
    return fields.get("MemAvailable", 0) if same_kernel else 0


def _images(wanted: tuple[str, ...]) -> Record:
    missing = [key for key in wanted if not images.find(key)]
    if missing:
        seen = text("images_missing", missing=", ".join(images.image(key).name for key in missing))
        return Record("images", Level.BAD, seen, text("images_mend"))
    return Record("images", Level.OK, text("images_seen", count=len(wanted)))


def _dock() -> Record:
    if not all(images.find(key) for key in ("dock", CONTROL_IMAGE)):
        return Record("dock", Level.BAD, text("dock_not_tried"), text("images_mend"))
    try:
        dock = Dock.start(Settings(images=(CONTROL_IMAGE,)), seed=ensure_seed([CONTROL_IMAGE]))
    except Trouble as problem:
        return Record("dock", Level.BAD, trouble(problem.code, problem.facts), text("dock_mend"))
    try:
        return _container(dock)
    finally:
        dock.close(wait=True)


def _container(dock: Dock) -> Record:
    start = f"{dock.started:.1f}"
    began = time.monotonic()
    try:
        image = dock.image_ids[CONTROL_IMAGE]
        dock.engine.containers.run(image, ["true"], remove=True, network_mode="none")
    except MachineProblem as problem:
        seen = text("dock_container", start=start, problem=one_line(problem))
        return Record("dock", Level.BAD, seen, text("dock_mend"))
    ran = time.monotonic()
    dock.close(wait=True)
    seen = text("dock_seen", start=start, run=f"{ran - began:.1f}", stop=f"{time.monotonic() - ran:.1f}")
    if dock.started > SLOW_SECONDS:
        return Record("dock", Level.WARN, seen, text("dock_slow_mend"))
    return Record("dock", Level.OK, seen)


def report(records: Iterable[Record], language: str, show: Callable[[Level | None, str], Any]) -> int:
    """Say each record as it comes, and at the end whether the machine can grade.

    Args:
        records: as `examine` gives them.
        language: of the texts.
        show: called with a level (none for the last line) and a text of one or more lines.

    Returns:
        the exit code: 0 if nothing is bad.
    """
    bad = False
    for record in records:
        bad = bad or record.level is Level.BAD
        part = text(record.part).in_language(language)
        lines = [f"{part}: {visible(record.seen.in_language(language))}"]
        if record.mend:
            lines.append(f"→ {record.mend.in_language(language)}")
        show(record.level, "\n".join(lines))
    show(None, text("unhealthy" if bad else "healthy").in_language(language))
    return int(bad)

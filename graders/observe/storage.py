"""Where containers keep what they write: mounts, volumes and the writable layer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import NotFound

from graders.dock import Dock
from graders.observe.containers import Container
from graders.verdicts import Evidence

LONGEST_LISTING = 1 << 20  # bytes of a volume's files that are looked at
ANONYMOUS = re.compile(r"[0-9a-f]{64}")  # a name that the engine made up


@dataclass(frozen=True)
class Volume:
    """One volume."""

    name: str
    driver: str
    labels: Mapping[str, str]
    options: Mapping[str, str]
    path: str  # in the dock


@dataclass(frozen=True)
class Mount:
    """What is mounted at a folder of a container, as the engine made it and as the kernel has it."""

    kind: str  # volume, bind, tmpfs; empty where the engine does not list it
    name: str  # of the volume
    source: str
    writable: bool
    in_memory: bool  # a tmpfs of its own, not a part of some file system

    @property
    def anonymous(self) -> bool:
        """Whether it is a volume that nobody gave a name."""
        return self.kind == "volume" and bool(ANONYMOUS.fullmatch(self.name))


def find_volume(dock: Dock, name: str) -> Volume | None:
    """A volume by its name; None where there is none."""
    try:
        raw: Any = dock.engine.api.inspect_volume(name)
    except NotFound:
        return None
    return Volume(raw["Name"], raw["Driver"], raw.get("Labels") or {}, raw.get("Options") or {}, raw["Mountpoint"])


def mounts(dock: Dock, container: Container) -> dict[str, Mount]:
    """What is mounted in a running container, by the folder inside."""
    listed = {raw["Destination"].rstrip("/"): raw for raw in container.raw["Mounts"]}
    lines = dock.output("sh", "-c", 'cat "/proc/$0/mountinfo" 2>/dev/null || true', str(container.pid)).splitlines()
    return parse(lines, listed)


def parse(lines: list[str], listed: Mapping[str, Mapping[str, Any]]) -> dict[str, Mount]:
    """Mounts from the lines of a mountinfo (proc_pid_mountinfo(5)) and the engine's list by folder."""
    found = {}
    for line in lines:
        fields, _, rest = line.partition(" - ")
        parts, system = fields.split(" "), rest.split(" ")
        if len(parts) < 6 or len(system) < 3:
            continue
        raw = listed.get(parts[4], {})
        # A volume or a bind may lie on a tmpfs too, but then it is a folder of it and not the whole.
        in_memory = system[0] == "tmpfs" and parts[3] == "/" and raw.get("Type") != "bind"
        writable = "ro" not in parts[5].split(",")
        found[parts[4]] = Mount(
            raw.get("Type", ""), raw.get("Name", ""), raw.get("Source", ""), writable, in_memory
        )  # a later line is mounted over an earlier one
    return found


def volume_files(dock: Dock, volume: Volume) -> dict[str, str]:
    """The text of the files in a volume, by their path in it; bounded."""
    script = 'cd "$0" && { timeout 10 grep -rIs -m 20 "" . | head -c "$1"; true; }'
    text = dock.output("sh", "-c", script, volume.path, str(LONGEST_LISTING))
    files: dict[str, str] = {}
    for line in text.splitlines():
        path, colon, content = line.removeprefix("./").partition(":")
        if colon:
            files[path] = f"{files[path]}\n{content}" if path in files else content
    return files


def add_file(dock: Dock, volume: Volume, name: str, text: str) -> None:
    """Put a file into a volume. Its name must be one that nobody could know before, or a link may lie in wait."""
    script = 'printf "%s\\n" "$2" > "$0/$1" && chmod 644 "$0/$1"'
    dock.output("sh", "-c", script, volume.path, name, text)


def replace_file(dock: Dock, volume: Volume, name: str, text: str) -> None:
    """Give a file at the top of a volume another text; its owner and its mode stay.

    A new file takes its place, so that a link of that name is replaced and never followed.
    """
    script = (
        'cd "$0" && new=".$(cat /proc/sys/kernel/random/uuid)" && printf "%s\\n" "$2" > "$new"'
        ' && chown -h --reference="./$1" "$new" && chmod "$(stat -c %a "./$1")" "$new" && mv -fT "$new" "./$1"'
    )
    dock.output("sh", "-c", script, volume.path, name, text)


def layer_holds(dock: Dock, container: Container, text: str) -> list[str]:
    """The files of a container's writable layer that hold a text."""
    upper = container.raw["GraphDriver"]["Data"]["UpperDir"]
    script = 'cd "$0" && { timeout 10 grep -rlsF -e "$1" . | head -n 20; true; }'
    lines = dock.output("sh", "-c", script, upper, text).splitlines()
    return [line.removeprefix(".") for line in lines]


def layer(dock: Dock, container: Container) -> Evidence:
    """What `docker diff` shows."""
    changes = dock.engine.api.diff(container.id) or []
    lines = [f"{'CAD'[change['Kind']]} {change['Path']}" for change in changes[:60]]
    return Evidence(f"$ docker diff {container.name}", "\n".join(lines) or "(nothing)")


def mounted(container: Container) -> Evidence:
    """The mounts of a container, as the engine lists them."""
    kept = [
        {key: raw.get(key) for key in ("Type", "Name", "Source", "Destination", "RW") if key in raw}
        for raw in container.raw["Mounts"]
    ]
    title = f"$ docker inspect --format '{{{{json .Mounts}}}}' {container.name}"
    return Evidence(title, json.dumps(kept, indent=1, ensure_ascii=False))

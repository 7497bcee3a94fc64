"""What the backup of the volumes lab holds, and what a restore has made of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from docker.errors import NotFound

from graders import Dock, Evidence, fail, partly
from graders.observe.containers import Container, find_container
from graders.observe.guests import GUEST_LABELS
from graders.observe.scripts import output_of
from graders.observe.storage import find_volume, replace_file, volume_files

DATA = "/notes"  # where the app keeps its notes
FOLDER, NAME = "backup", "notes.tar"
BACKUP = f"{FOLDER}/{NAME}"
LONGEST_SHOWN = 200  # characters of a file that is shown in a line
KEPT, LATEST = "/tmp/kept-backup", "/tmp/latest-backup"  # noqa: S108 - in the dock, where all is one student's


def missing(dock: Dock) -> bool:
    """Whether the backup is missing, or empty."""
    return dock.run("test", "-s", BACKUP).exit != 0


def keep(dock: Dock) -> None:
    """Keep what is in the folder with the backup as it is now."""
    dock.run("sh", "-c", 'rm -rf "$1" && cp -a "$0/." "$1" || rm -rf "$1"', FOLDER, KEPT)


@contextmanager
def kept_in_place(dock: Dock) -> Iterator[None]:
    """Have the backup that was kept in the place of the one that is there, and then that one again.

    All else in the folder stays as it is now: a restore that takes the notes from there is seen. The student does it,
    and what the student cannot read is left as it is: the folder may be a link to anywhere.
    """
    swap = 'rm -f "$0/$3" && cp -L --preserve=mode "$1/$3" "$0/$3"; true'
    script = f'test -d "$1" && cp -a "$0/." "$2" && {{ {swap}; }} || rm -rf "$2"'
    dock.run("sh", "-c", script, FOLDER, KEPT, LATEST, NAME)
    try:
        yield
    finally:
        back = 'find "$0/" -mindepth 1 -delete; cp -a "$2/." "$0"; rm -rf "$1" "$2"'
        dock.run("sh", "-c", f'test -d "$2" && {{ {back}; }}', FOLDER, KEPT, LATEST)


def app_on(dock: Dock, volume: str) -> Container:
    """The lab's app on a volume, as a guest of ours."""
    api = dock.engine.api
    host = api.create_host_config(binds=[f"{volume}:{DATA}"], network_mode="none")
    made = api.create_container(dock.image_ids["notes"], labels=GUEST_LABELS, volumes=[DATA], host_config=host)
    api.start(made["Id"])
    found = find_container(dock, made["Id"])
    if found is None:
        raise NotFound("a guest of the grader's disappeared while it started")
    return found


def users(dock: Dock, volume: str) -> tuple[str, ...]:
    """The names of the running containers that use a volume."""
    running = dock.engine.api.containers(filters={"volume": volume})
    return tuple(raw["Names"][0].lstrip("/") for raw in running)


def files_in(dock: Dock, volume: str) -> dict[str, str]:
    """What is in a volume: path -> text; nothing where there is no such volume."""
    found = find_volume(dock, volume)
    return volume_files(dock, found) if found else {}


def holds(files: Mapping[str, str], text: str) -> bool:
    """Whether a note is where the app looks for it."""
    return any(text in content for path, content in files.items() if "/" not in path and path.endswith(".txt"))


def _is(path: str, content: str, text: str) -> bool:
    """Whether a file is where the app looks for notes, and is this one and nothing else."""
    return holds({path: content}, text) and content.strip() == text


def spoil(dock: Dock, volume: str, files: Mapping[str, str], note: str, dice: random.Random) -> str:
    """Let the file of a note say something else, as after a mistake or an accident; returns what it says then."""
    text = f"spoilt-{dice.randrange(10**8)}"
    found = find_volume(dock, volume)
    path = next((path for path, content in files.items() if note in content and holds({path: content}, note)), "")
    if found and path:
        replace_file(dock, found, path, text)
    return text


def compare(dock: Dock, wanted: Sequence[str], files: Mapping[str, str], evidence: list[Evidence]) -> None:
    """Fail unless all notes were restored, and say whether the backup or the restore lost them."""
    missing = [text for text in wanted if not any(_is(path, content, text) for path, content in files.items())]
    if not missing:
        return
    evidence = [*evidence, contents(files), listing(dock)]
    changed = [path for path, content in files.items() if holds({path: content}, missing[0])]
    if changed:
        text = " / ".join(files[changed[0]].splitlines())[:LONGEST_SHOWN]
        fail("restored_changed", path=changed[0], text=text, note=missing[0], evidence=evidence)
    deeper = [path for path, content in files.items() if missing[0] in content]
    if deeper:
        fail("restored_elsewhere", path=deeper[0], evidence=evidence)
    archived = [text for text in wanted if _archived(dock, text)]
    if len(archived) == len(wanted):
        if _unpacked(dock, wanted[0]) and not _unpacked(dock, missing[0]):
            partly(0.5, "backup_appended", note=missing[0], evidence=evidence)
        fail("restore_loses", note=missing[0], evidence=evidence)
    if archived:
        partly(0.5, "backup_partial", note=missing[-1], evidence=evidence)
    fail("backup_empty", evidence=evidence)


def contents(files: Mapping[str, str]) -> Evidence:
    """The files of a volume, to be shown."""
    lines = [f"{path}: {content}" for path, content in sorted(files.items())[:40]]
    return Evidence("the files in the restored volume", "\n".join(lines) or "(none)")


def listing(dock: Dock) -> Evidence:
    """The folder with the backup, to be shown."""
    return output_of(dock.run("ls", "-l", "backup"))


def _archived(dock: Dock, text: str) -> bool:
    """Whether the backup holds a text, plain or packed by gzip."""
    script = 'timeout 5 zcat -f "$0" | head -c 64000000 | grep -aqF -e "$1"'
    return dock.run("sh", "-c", script, BACKUP, text, seconds=10).exit == 0


def _unpacked(dock: Dock, text: str) -> bool:
    """Whether tar finds a text in the backup: it ends where the first archive in the file ends."""
    script = 'timeout 5 zcat -f "$0" | head -c 64000000 | timeout 5 tar -xOf - 2>/dev/null | grep -aqF -e "$1"'
    return dock.run("sh", "-c", script, BACKUP, text, seconds=15).exit == 0

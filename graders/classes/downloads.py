"""Whose a file or folder is, by its name: as it stands, or as a download of an LMS or a classroom names it.

Sources, each read in its own code: Moodle's `mod/assign/classes/downloader.php` and `locallib.php`, Canvas's
`lib/content_zipper.rb`, GitHub's `gh-classroom/cmd/gh-classroom/clone/student-repos/student-repos.go`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.classes.archives import suffix
from graders.classes.kinds import is_folder

# Folders: `Kim Minsu_123456_assignsubmission_file_/…`, newer ones without the last `_`. Files, where folders were not
# asked for: `Kim Minsu_123456_assignsubmission_file_work.zip`. Moodle keeps `_` out of names.
_MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_.*)?", re.DOTALL)
# `kimminsu_12345_67890_work.zip`, `kimminsu_LATE_12345_67890_work.zip`, `anon_Ab1Cd_67890_work.zip`
_CANVAS = re.compile(r"(?P<name>\w+?)(?:_LATE)?_(?P<id>\d+)_\d+_.+", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(r"anon_(?:LATE_)?(?P<id>[A-Za-z0-9]+)_\d+_.+", re.DOTALL)
_CLONES = "-submissions"


@dataclass(frozen=True)
class Owner:
    """Whose a hand-in is."""

    id: str
    name: str = ""
    download: bool = False  # an LMS named it, so that a single file is a student's, too
    text_only: bool = False  # what was typed into a form of Moodle's, not files


def owners(folder: Path, paths: Sequence[Path]) -> Callable[[Path], Owner]:
    """How to tell the owner of what lies in a folder.

    Canvas's names are taken for such only where there are nothing but files and all are named so, for a name with
    numbers may be a student's own.

    Args:
        folder: the roster's.
        paths: what lies in it.
    """
    files_only = bool(paths) and not any(is_folder(path) for path in paths)
    if files_only and all(map(_canvas, paths)):
        return lambda path: _canvas(path) or _as_it_stands(path)
    clones = folder.absolute().name
    prefix = clones.removesuffix(_CLONES) + "-" if clones.endswith(_CLONES) else ""
    return lambda path: _moodle(path) or _clone(path, prefix) or _as_it_stands(path)


def _moodle(path: Path) -> Owner | None:
    match = _MOODLE.fullmatch(shown(path.name))
    return Owner(match["id"], match["name"], True, match["kind"] != "file") if match else None


def _canvas(path: Path) -> Owner | None:
    name = shown(path.name)
    if match := _CANVAS_ANONYMOUS.fullmatch(name):
        return Owner(f"anon_{match['id']}", download=True)
    match = _CANVAS.fullmatch(name)
    return Owner(match["id"], match["name"], True) if match else None


def _clone(path: Path, prefix: str) -> Owner | None:
    """`gh classroom clone student-repos` makes `<assignment>-submissions/<assignment>-<user>`."""
    own = bool(prefix) and path.name.startswith(prefix) and path.name != prefix and is_folder(path)
    return Owner(shown(path.name.removeprefix(prefix))) if own else None


def _as_it_stands(path: Path) -> Owner:
    """The name; of a file without the end that makes it an archive."""
    return Owner(shown(path.name if is_folder(path) else path.name.removesuffix(suffix(path.name))))


def shown(name: str) -> str:
    """A file's name as text. One that is not UTF-8 comes from a zip made on Korean Windows, or is shown in bytes."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")

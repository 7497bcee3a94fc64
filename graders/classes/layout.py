"""Find a submission in what a student handed in, by the files that the lab asks for; nothing is guessed."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graders.classes.archives import suffix
from graders.classes.entries import Refused, said
from graders.classes.kinds import is_file, is_folder
from graders.classes.names import is_junk
from graders.labs import lab_folder
from graders.rubric import read_lab
from graders.starter import STARTER, WORK
from graders.texts import shared_causes

GIT = ".git"
_MOST_LOOKED_AT = 5000  # files and folders
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Wanted:
    """What a lab asks for."""

    lab: str  # its id
    files: tuple[str, ...]


@functools.cache
def wanted(lab: str) -> Wanted:
    """What a lab asks for.

    Args:
        lab: its id, or a path to it; nothing where no lab is known.

    Raises:
        graders.rubric.RubricError: there is no such lab, or its rubric is wrong.
    """
    if not lab:
        return Wanted("", ())
    read = read_lab(lab_folder(lab), shared_causes())
    return Wanted(read.id, read.files)


def submission_in(folder: Path, lab: Wanted) -> Path | None:
    """The folder with the lab's files: this one, its `work`, its `labs/<lab>/work`, or one of these below the only
    folder in it. No link is followed.

    Returns:
        None where none of the lab's files is anywhere.

    Raises:
        Refused: there are several such folders, or the files lie elsewhere.
        OSError: a folder cannot be read.
    """
    found = [place for place in _places(folder, lab) if any(_holds(place, name) for name in lab.files)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(said("ambiguous", places=_shown(found, folder), files=", ".join(lab.files)))
    elsewhere = _elsewhere(folder, lab)
    if elsewhere:
        raise Refused(said("misplaced", places=_shown(elsewhere, folder), files=", ".join(lab.files), lab=lab.lab))
    return None


def top(folder: Path) -> Path:
    """The only folder in a folder, where there is nothing beside it; else the folder itself."""
    inside = visible_children(folder)
    return inside[0] if len(inside) == 1 and is_folder(inside[0]) else folder


def visible_children(folder: Path, most: int | None = _MOST_LOOKED_AT) -> list[Path]:
    """What lies in a folder, by name, without what systems and git put there.

    Args:
        folder: a student's, who may have put any number of files there.
        most: how many are looked at; all where it is None.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(folder) as entries:
        visible = (entry.name for entry in entries if not is_junk(entry.name) and entry.name != GIT)
        names = sorted(itertools.islice(visible, most))
    return [folder / name for name in names]


def archives_in(folder: Path) -> list[Path]:
    """The archives that lie directly in a folder."""
    return [path for path in visible_children(folder) if suffix(path.name) and is_file(path)]


def is_empty(folder: Path) -> bool:
    """Whether there is no file in a folder or below it. Folders alone are nothing.

    Raises:
        OSError: a folder cannot be read.
    """
    below = list(_walk(folder))
    return len(below) < _MOST_LOOKED_AT and all(map(is_folder, below))


def _places(folder: Path, lab: Wanted) -> list[Path]:
    places = {}
    for base in (folder, top(folder)):
        for parts in ((), (WORK,), ("labs", lab.lab, WORK)):
            place = base.joinpath(*parts)
            # Both ways may lead to the same folder, and a link on the way to another student's.
            if all(is_folder(base.joinpath(*parts[:depth])) for depth in range(1, len(parts) + 1)):
                places[str(place)] = place
    return list(places.values())


def _holds(folder: Path, name: str) -> bool:
    parts = name.split("/")
    above = all(is_folder(folder.joinpath(*parts[:depth])) for depth in range(1, len(parts)))
    return above and is_file(folder.joinpath(*parts))


def _elsewhere(folder: Path, lab: Wanted) -> list[Path]:
    """Folders below that hold files of the lab, but not the starter files that a clone brings along."""
    below = (path for path in _walk(folder) if path.name != STARTER and is_folder(path))
    return [path for path in below if any(_holds(path, name) for name in lab.files)]


def _walk(folder: Path) -> Iterator[Path]:
    """What is below a folder, level by level, up to a limit; no link is followed and no starter folder entered."""
    level, seen = [folder], 0
    while level:
        below: list[Path] = []
        for here in level:
            for path in visible_children(here):
                yield path
                seen += 1
                if seen >= _MOST_LOOKED_AT:
                    return
                if path.name != STARTER and is_folder(path):
                    below.append(path)
        level = below


def _shown(places: list[Path], folder: Path) -> str:
    names = [str(place.relative_to(folder)) for place in places]
    return ", ".join(names[:_MOST_SHOWN] + ["…"] * (len(names) > _MOST_SHOWN))

"""Where in a hand-in the submission is: a folder, or an archive that waits to be unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graders.classes.archives import look_at
from graders.classes.downloads import shown
from graders.classes.entries import Refused, said
from graders.classes.kinds import is_folder
from graders.classes.layout import Wanted, archives_in, is_empty, submission_in, top, visible_children

_MOST_NAMES = 5


def in_roster(path: Path, needs: Wanted) -> Path | None:
    """The folder or archive that a hand-in of a roster comes to; None where it is empty.

    Raises:
        Refused: it cannot be told, or is no archive that can be read.
        OSError: a folder cannot be read.
    """
    if not is_folder(path):
        look_at(path)
        return path
    place = submission_in(path, needs)
    if place:
        return place
    if is_empty(path):
        return None
    archives = archives_in(path)
    if not archives:
        return top(path)
    if len(visible_children(path)) > 1:
        raise Refused(said("archive_beside", names=names_of(archives)))
    look_at(archives[0])
    return archives[0]


def in_archive(folder: Path, needs: Wanted, name: str) -> Path:
    """The folder to grade in an archive that was unpacked.

    Raises:
        Refused: there is nothing in it, or it cannot be told which folder it is.
    """
    place = submission_in(folder, needs)
    if place:
        return place
    if is_empty(folder):
        raise Refused(said("archive_empty", name=shown(name)))
    archives = archives_in(top(folder))
    if archives:
        raise Refused(said("archive_in_archive", name=shown(name), other=names_of(archives)))
    return top(folder)


def names_of(paths: Sequence[Path]) -> str:
    """The names of some files, the first of many."""
    names = [shown(path.name) for path in paths]
    return ", ".join(names[:_MOST_NAMES] + ["…"] * (len(names) > _MOST_NAMES))

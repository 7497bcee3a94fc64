"""Give a student a lab's starter files, and never touch a file that is there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from graders.labs import work_folder
from graders.rubric import Lab

STARTER = "starter"  # pristine copies, below a lab's folder
WORK = "work"  # the student's own


@dataclass(frozen=True)
class Copied:
    """What became of the starter files, by their paths in the folder."""

    folder: Path
    new: tuple[str, ...]
    same: tuple[str, ...]
    kept: tuple[str, ...]  # the student's, which differ


def start(lab: Lab, into: Path | None = None) -> Copied:
    """Copy a lab's starter files to where there are none yet.

    Args:
        into: the folder; `work_folder` where it is None.

    Raises:
        OSError: a file cannot be written.
    """
    folder = into or work_folder(lab)
    new, same, kept = [], [], []
    source = lab.folder / STARTER
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        name = path.relative_to(source)
        target = folder / name
        if not target.exists() and not target.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            new.append(str(name))
        elif target.is_file() and target.read_bytes() == path.read_bytes():
            same.append(str(name))
        else:
            kept.append(str(name))
    return Copied(folder, tuple(new), tuple(same), tuple(kept))

"""What a path is, itself and not what it links to."""

from __future__ import annotations

import stat
from pathlib import Path


def is_folder(path: Path) -> bool:
    """Whether it is a folder and no link to one."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: Path) -> bool:
    """Whether it is a regular file and no link to one."""
    return stat.S_ISREG(_mode(path))


def is_link(path: Path) -> bool:
    """Whether it is a symbolic link."""
    return stat.S_ISLNK(_mode(path))


def _mode(path: Path) -> int:
    """Its mode; 0 where there is nothing."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0

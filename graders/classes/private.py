"""Folders that only this user can read, and that are removed even when the process that made them is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "drydock-hand-in-"


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder with mode 0700, removed at the end; those of processes that were killed are removed on the way.

    It is locked as long as its process lives, which is how others know.

    Raises:
        OSError: it cannot be made.
    """
    remove_abandoned()
    with contextlib.ExitStack() as stack:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            # Before it was locked, another process may have taken it for abandoned.
            with contextlib.suppress(FileNotFoundError):
                if stack.enter_context(_locked(folder)):
                    break
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def remove_abandoned() -> None:
    """Remove the folders whose processes are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_uid != os.geteuid():
                continue
            with _locked(folder) as abandoned:
                if abandoned:
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether we hold the lock on a folder that is still there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield _lock(descriptor) and os.path.samestat(os.fstat(descriptor), os.stat(folder))
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

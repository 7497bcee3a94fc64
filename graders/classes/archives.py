"""Unpack a stranger's archive into a folder: regular files and folders only, within limits, and nowhere else.

Nothing is believed that an archive says of itself; archives inside it stay files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from graders.classes import tars, zips
from graders.classes.entries import Refused, said
from graders.classes.limits import LIMITS, Budget, Limits
from graders.classes.members import Member
from graders.classes.names import alike, is_junk, path_parts
from graders.classes.streams import opened_stream

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
# Archives that students hand in and we cannot read, so that they are not taken for stray files; ALZ and EGG are
# ALZip's, common in Korea.
UNREAD_SUFFIXES = (".rar", ".7z", ".alz", ".egg", ".gz", ".bz2", ".xz", ".zst")

_BEGINNINGS = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
}
_UNREAD_BEGINNINGS = {b"Rar!\x1a\x07": "RAR", b"7z\xbc\xaf\x27\x1c": "7z", b"ALZ\x01": "ALZ", b"EGGA": "EGG"}
# The last where this system takes two names for one that we do not.
_BAD_NAME = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.EEXIST)


def suffix(name: str) -> str:
    """The end of a name that makes it an archive's, read or unread, as it is written; else nothing."""
    ends = [end for end in (*SUFFIXES, *UNREAD_SUFFIXES) if name.lower().endswith(end) and len(name) > len(end)]
    longest = max(map(len, ends), default=0)
    return name[len(name) - longest :]


def unpack(archive: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Unpack an archive; what it is, its first bytes say, not its name.

    Args:
        archive: a zip, or a tar that may be compressed.
        folder: an empty folder of ours.
        limits: how much it may hold.

    Raises:
        Refused: it cannot be read whole and safely. What was unpacked until then is still in the folder.
        OSError: the folder cannot be written: the machine's fault.
    """
    with _opened(archive) as file:
        size = os.fstat(file.fileno()).st_size
        budget = Budget(limits, size)
        tree = _Tree(folder, limits, budget)
        for member in _members(file, archive.name, size, budget):
            tree.add(member)


def look_at(archive: Path) -> None:
    """Look at an archive's first bytes only.

    Raises:
        Refused: it cannot be opened, or is no archive that we can read.
    """
    with _opened(archive) as file:
        _kind(file, archive.name)


def _opened(archive: Path) -> BinaryIO:
    """A regular file that is no link, not even when it is swapped for one in between."""
    try:
        descriptor = os.open(archive, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise Refused(said("unreadable", name=archive.name, problem=problem.strerror or problem)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(said("not_an_archive", name=archive.name))
    return os.fdopen(descriptor, "rb")


def _kind(file: BinaryIO, name: str) -> str:
    begin = file.read(512)
    file.seek(0)
    for first, kind in _UNREAD_BEGINNINGS.items():
        if begin.startswith(first):
            raise Refused(said("archive_kind", kind=kind))
    for first, kind in _BEGINNINGS.items():
        if begin.startswith(first):
            return kind
    if begin[257:262] == b"ustar":
        return "tar"
    raise Refused(said("not_an_archive", name=name))


def _members(file: BinaryIO, name: str, size: int, budget: Budget) -> Iterator[Member]:
    kind = _kind(file, name)
    if kind == "zip":
        return zips.members(file, size, budget)
    return tars.members(opened_stream(kind, file, budget), budget)


class _Tree:
    """The folder that grows, and which names are taken in it."""

    def __init__(self, folder: Path, limits: Limits, budget: Budget) -> None:
        self._folder, self._limits, self._budget = folder, limits, budget
        self._taken: dict[tuple[str, ...], tuple[tuple[str, ...], bool]] = {}

    def add(self, member: Member) -> None:
        """Make a member's folder or file, and the folders above it."""
        parts = path_parts(member.name, self._limits)
        if any(map(is_junk, parts)):
            self._budget.entry()
            return
        for depth in range(1, len(parts)):
            self._add_folder(parts[:depth])
        if member.folder and parts:
            self._add_folder(parts)
        elif not member.folder:
            self._add_file(parts, member)

    def _add_folder(self, parts: tuple[str, ...]) -> None:
        if self._claim(parts, folder=True):
            with _names_of_this_system(parts):
                os.mkdir(self._folder.joinpath(*parts), 0o755)

    def _add_file(self, parts: tuple[str, ...], member: Member) -> None:
        if not parts or not self._claim(parts, folder=False):
            raise Refused(said("archive_twice", name="/".join(parts) or member.name))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with _names_of_this_system(parts):
            descriptor = os.open(self._folder.joinpath(*parts), flags, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in member.chunks:
                file.write(chunk)
            os.fchmod(file.fileno(), 0o755 if member.executable else 0o644)

    def _claim(self, parts: tuple[str, ...], *, folder: bool) -> bool:
        """Take a name; False where it is taken by the same."""
        key = alike(parts)
        if key not in self._taken:
            self._budget.entry()
            self._taken[key] = (parts, folder)
            return True
        other, other_is_folder = self._taken[key]
        if other != parts:
            raise Refused(said("archive_twins", name="/".join(parts), other="/".join(other)))
        if folder != other_is_folder:
            raise Refused(said("archive_file_and_folder", name="/".join(parts)))
        return False


@contextlib.contextmanager
def _names_of_this_system(parts: tuple[str, ...]) -> Iterator[None]:
    """A name that this system cannot have is the archive's fault; a full disk is not."""
    try:
        yield
    except OSError as problem:
        if problem.errno in _BAD_NAME:
            raise Refused(said("archive_name_strange", name="/".join(parts))) from None
        raise

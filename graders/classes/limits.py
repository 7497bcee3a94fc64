"""How much an archive may hold, counted while it is read: what its headers promise is believed by nobody."""

from __future__ import annotations

import time
from dataclasses import dataclass

from graders.classes.entries import Refused, said

CHUNK = 64 << 10  # bytes that are taken in or given out at once


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold.

    The defaults lie above those of a submission (graders.dock.Limits), so that a folder and an archive of the same
    files meet the same limit first.
    """

    archive: int = 64 << 20  # bytes of the archive itself
    entries: int = 10_000  # files and folders together, those that are ignored too
    bytes: int = 64 << 20  # all files together
    single: int = 48 << 20  # bytes of one file
    depth: int = 32  # folders below each other, the file among them
    name: int = 1024  # bytes of a path
    part: int = 255  # bytes of one name in a path
    ratio: int = 200  # bytes out for each byte of the archive
    ratio_from: int = 4 << 20  # bytes out from which on the ratio counts: small files of zeros are honest
    seconds: float = 60.0  # for all of it


LIMITS = Limits()


class Budget:
    """What is left of the limits while one archive is read.

    Args:
        limits: how much it may hold.
        archive: the archive's size in bytes.
    """

    def __init__(self, limits: Limits, archive: int) -> None:
        if archive > limits.archive:
            raise Refused(said("archive_too_large", limit=megabytes(limits.archive)))
        self.limits = limits
        self._entries = 0
        self._headers = 0
        self._content = 0
        self._stream = 0
        self._most = max(limits.ratio_from, limits.ratio * archive)
        self._ends = time.monotonic() + limits.seconds

    def entry(self) -> None:
        """Count an entry.

        Raises:
            Refused: it is one too many.
        """
        self.clock()
        self._entries += 1
        if self._entries > self.limits.entries:
            raise Refused(said("archive_too_many", limit=self.limits.entries))

    def header(self) -> None:
        """Count a header of a tar, of which an entry may have some.

        Raises:
            Refused: it is one too many.
        """
        self.clock()
        self._headers += 1
        if self._headers > 4 * self.limits.entries:
            raise Refused(said("archive_too_many", limit=self.limits.entries))

    def content(self, count: int, so_far: int) -> None:
        """Count bytes of a file's content; `so_far` are all bytes of this file, these among them.

        Raises:
            Refused: they are too many.
        """
        self.clock()
        self._content += count
        if so_far > self.limits.single:
            raise Refused(said("archive_file_too_large", limit=megabytes(self.limits.single)))
        if self._content > self.limits.bytes:
            raise Refused(said("archive_too_much", limit=megabytes(self.limits.bytes)))
        self._expanded(self._content)

    def stream(self, count: int) -> None:
        """Count bytes that came out of a decompressor, headers and padding among them.

        Raises:
            Refused: they are too many.
        """
        self.clock()
        self._stream += count
        # A tar spends up to three blocks on an entry besides its content.
        if self._stream > self.limits.bytes + 2048 * self.limits.entries:
            raise Refused(said("archive_too_much", limit=megabytes(self.limits.bytes)))
        self._expanded(self._stream)

    def clock(self) -> None:
        """Look at the time.

        Raises:
            Refused: it is up.
        """
        if time.monotonic() > self._ends:
            raise Refused(said("archive_too_slow", limit=f"{self.limits.seconds:g}"))

    def _expanded(self, count: int) -> None:
        if count > self._most:
            raise Refused(said("archive_bomb", ratio=self.limits.ratio))


def megabytes(count: int) -> str:
    """A size for people."""
    return f"{count >> 20} MB"

"""What every kind of archive gives: its files and folders, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A regular file or a folder in an archive."""

    name: str  # decoded, not yet checked
    folder: bool
    executable: bool
    chunks: Iterator[bytes]  # the content, counted against the budget as it comes

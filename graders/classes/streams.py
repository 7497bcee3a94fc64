"""Compressed streams, given out in pieces, so that no small input becomes a large output at once."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from graders.classes.entries import Refused, said
from graders.classes.limits import CHUNK, Budget

_MOST_MEMORY = 128 << 20  # bytes for xz: a level 9 archive needs 65 MB, a hostile one would take gigabytes


class Stream:
    """Reads exactly so many bytes of a decompressed stream, and counts them.

    Args:
        file: gives bytes by `read(count)`, never more than asked for.
        budget: what it may still give.
    """

    def __init__(self, file: Any, budget: Budget) -> None:
        self._file = file
        self._budget = budget

    def read(self, count: int) -> bytes:
        """So many bytes, or fewer where the stream ends; at most a chunk at a time is made.

        Raises:
            Refused: it is damaged or cut short, or the budget is used up.
        """
        data = b""
        while len(data) < count:
            try:
                more = self._file.read(min(CHUNK, count - len(data)))
            except EOFError:
                raise Refused(said("archive_truncated")) from None
            except (OSError, zlib.error, lzma.LZMAError, ValueError) as problem:
                raise Refused(said("archive_damaged_because", problem=problem)) from None
            except _zstd_error():
                raise Refused(said("archive_damaged")) from None
            if not more:
                break
            self._budget.stream(len(more))
            data += more
        return data


class _Pieces:
    """A stream from a decompressor of the standard library that can be limited, one after another."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any]) -> None:
        self._file, self._make = file, make
        self._object = make()

    def read(self, count: int) -> bytes:
        while True:
            fed = b""
            if self._object.eof:
                fed = self._object.unused_data or self._file.read(CHUNK)
                if not fed.strip(b"\0"):  # xz pads with zeros, and so do tapes
                    return b""
                self._object = self._make()
            elif self._object.needs_input:
                fed = self._file.read(CHUNK)
                if not fed:
                    raise EOFError
            data: bytes = self._object.decompress(fed, count)
            if data:
                return data


def opened_stream(kind: str, file: BinaryIO, budget: Budget) -> Stream:
    """The decompressed content of a file.

    Args:
        kind: `tar` (not compressed), `gzip`, `bzip2`, `xz` or `zstandard`.
        file: at its begin.
        budget: what it may give.

    Raises:
        Refused: this Python cannot read Zstandard.
    """
    if kind == "gzip":
        return Stream(gzip.GzipFile(fileobj=file), budget)
    if kind == "bzip2":
        return Stream(_Pieces(file, bz2.BZ2Decompressor), budget)
    if kind == "xz":
        return Stream(_Pieces(file, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MOST_MEMORY)), budget)
    if kind == "zstandard":
        module = _zstd()
        if module is None:
            raise Refused(said("archive_kind", kind="Zstandard"))
        return Stream(_Pieces(file, module.ZstdDecompressor), budget)
    return Stream(file, budget)


def _zstd() -> Any:
    """The standard library's Zstandard, which it has from Python 3.14 on; else None."""
    try:
        return importlib.import_module("compression.zstd")
    except ModuleNotFoundError:
        return None


def _zstd_error() -> type[Exception] | tuple[()]:
    module = _zstd()
    return module.ZstdError if module else ()

"""Read a tar as a stream: files and folders only, with headers that are bounded before they are read.

Our own reader, because the standard library's reads extended headers of any size into memory and has been brought
to a standstill by hostile ones (CVE-2024-6232, CVE-2025-8194).

Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_92_13 and
https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graders.classes.entries import Refused, said
from graders.classes.limits import CHUNK, Budget
from graders.classes.members import Member
from graders.classes.names import decode_one
from graders.classes.streams import Stream

BLOCK = 512
_MOST_EXTENDED = 64 << 10  # bytes of one extended header
_FILE, _FOLDER = b"0", b"5"
_LONG_NAME, _LONG_LINK = b"L", b"K"
_EXTENDED, _EXTENDED_FOR_ALL = b"x", b"g"
_LINKS = (b"1", b"2")
_RECORD = re.compile(rb"(\d{1,6}) ([^=\n]{1,256})=")


@dataclass(frozen=True)
class _Header:
    name: bytes
    mode: int
    size: int
    kind: bytes


@dataclass
class _Extended:
    """What extended headers say of the next entry."""

    name: bytes | None = None
    size: int | None = None


def members(stream: Stream, budget: Budget) -> Iterator[Member]:
    """The files and folders of a tar. A member's chunks must be taken before the next member; what is left is skipped.

    Args:
        stream: the archive, decompressed.
        budget: what it may still hold.

    Raises:
        Refused: it is damaged, cut short, holds what is neither file nor folder, or more than the budget.
    """
    extended = _Extended()
    while header := _header(stream):
        budget.header()
        if header.kind in (_LONG_NAME, _LONG_LINK, _EXTENDED, _EXTENDED_FOR_ALL):
            _extend(extended, header.kind, _short(stream, header.size))
            continue
        raw = header.name if extended.name is None else extended.name
        size = header.size if extended.size is None else extended.size
        extended = _Extended()
        name, folder = decode_one(raw), _is_folder(header, raw)
        chunks = iter(()) if folder else _chunks(stream, size, budget)
        yield Member(name=name, folder=folder, executable=bool(header.mode & 0o111), chunks=chunks)
        for _ in chunks:
            pass
    if extended != _Extended():
        raise Refused(said("archive_truncated"))
    # To the end, for only there a compressed stream shows that it is whole.
    while stream.read(CHUNK):
        pass


def _header(stream: Stream) -> _Header | None:
    """The next header; None at the end of the archive, which is a block of zeros."""
    block = stream.read(BLOCK)
    if len(block) < BLOCK:
        raise Refused(said("archive_truncated"))
    if not block.strip(b"\0"):
        return None
    # The sum is made with spaces in its own place.
    if _number(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * ord(" "):
        raise Refused(said("archive_damaged"))
    name = block[:100].partition(b"\0")[0]
    # Where POSIX has a prefix of the name, GNU keeps times.
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _Header(
        name=prefix + b"/" + name if prefix else name,
        mode=_number(block[100:108]),
        size=_number(block[124:136]),
        kind=block[156:157].replace(b"\0", _FILE),
    )


def _number(field: bytes) -> int:
    """A number as a header has it: octal digits, or GNU's bytes of a large one."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise Refused(said("archive_damaged"))
    return int(digits or b"0", 8)


def _short(stream: Stream, size: int) -> bytes:
    """The content of an extended header."""
    if size > _MOST_EXTENDED:
        raise Refused(said("archive_header_too_long"))
    padded = -(-size // BLOCK) * BLOCK
    data = stream.read(padded)
    if len(data) != padded:
        raise Refused(said("archive_truncated"))
    return data[:size]


def _extend(extended: _Extended, kind: bytes, data: bytes) -> None:
    if kind == _LONG_NAME:
        extended.name = data.removesuffix(b"\0")
        return
    if kind == _LONG_LINK:
        return
    for key, value in _pax(data):
        if key.startswith(b"GNU.sparse"):
            raise Refused(said("archive_not_a_file", name=key.decode("ascii", "replace")))
        # For all entries git writes a comment only; a name or size for all is a trick.
        if key in (b"path", b"size") and kind == _EXTENDED_FOR_ALL:
            raise Refused(said("archive_damaged"))
        if key == b"path":
            extended.name = value
        if key == b"size":
            if not re.fullmatch(rb"\d{1,15}", value):
                raise Refused(said("archive_damaged"))
            extended.size = int(value)


def _pax(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of an extended header: `length key=value` and a line feed, the length counting all of it."""
    position = 0
    while position < len(data):
        match = _RECORD.match(data, position)
        end = position + int(match[1]) if match else 0
        if not match or end > len(data) or end <= match.end() or data[end - 1 : end] != b"\n":
            raise Refused(said("archive_damaged"))
        yield match[2], data[match.end() : end - 1]
        position = end


def _is_folder(header: _Header, raw: bytes) -> bool:
    shown = decode_one(raw)
    if header.kind in _LINKS:
        raise Refused(said("archive_link", name=shown))
    # Before POSIX a folder was a file whose name ends with a slash.
    folder = header.kind == _FOLDER or (header.kind == _FILE and raw.endswith(b"/"))
    if (not folder and header.kind != _FILE) or (folder and header.size):
        raise Refused(said("archive_not_a_file", name=shown))
    return folder


def _chunks(stream: Stream, size: int, budget: Budget) -> Iterator[bytes]:
    left = size
    while left:
        chunk = stream.read(min(CHUNK, left))
        left -= len(chunk)
        if not chunk:
            raise Refused(said("archive_truncated"))
        budget.content(len(chunk), size - left)
        yield chunk
    padding = -size % BLOCK
    if len(stream.read(padding)) != padding:
        raise Refused(said("archive_truncated"))

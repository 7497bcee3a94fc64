"""The central directory of a zip: what it says is there, read before anything is unpacked.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12 and 4.3.16
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from graders.classes.entries import Refused, said
from graders.classes.limits import Budget

ENCRYPTED = 0x0001 | 0x0040 | 0x2000  # plain, strong, and with a masked directory
STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20
_MOST_DIRECTORY = 16 << 20  # bytes
_LONGEST_COMMENT = 0xFFFF


@dataclass(frozen=True)
class Record:
    """An entry as the central directory has it."""

    raw: bytes
    flags: int
    method: int
    check: int  # CRC-32
    packed: int  # bytes in the archive
    size: int  # bytes of content
    attributes: int
    offset: int  # of its local header


def read_records(file: BinaryIO, size: int, budget: Budget) -> tuple[int, list[Record]]:
    """Where the central directory begins, and its records.

    Args:
        file: the archive, at any position.
        size: its bytes.
        budget: what it may still hold.

    Raises:
        Refused: it is damaged, encrypted, a zip64, too much, or compressed in a way that common systems do not use.
    """
    start, length, count = _directory(file, size)
    if length > _MOST_DIRECTORY:
        raise Refused(said("archive_too_many", limit=budget.limits.entries))
    data = bytes_at(file, start, length)
    records: list[Record] = []
    position = 0
    while position < len(data):
        budget.clock()
        if len(records) >= budget.limits.entries:
            raise Refused(said("archive_too_many", limit=budget.limits.entries))
        record, position = _record(data, position)
        records.append(record)
    if len(records) != count:
        raise Refused(said("archive_damaged"))
    return start, records


def _directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Start, length and number of records of the central directory."""
    tail = bytes_at(file, max(0, size - _END.size - _LONGEST_COMMENT), min(size, _END.size + _LONGEST_COMMENT))
    found = tail.rfind(b"PK\x05\x06")
    while found >= 0:
        if found + _END.size <= len(tail):
            _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, found)
            if found + _END.size + comment == len(tail):
                break
        found = tail.rfind(b"PK\x05\x06", 0, found)
    else:
        raise Refused(said("archive_truncated"))
    position = size - len(tail) + found
    locator = tail[max(0, found - _ZIP64_LOCATOR_SIZE) : found]
    if 0xFFFFFFFF in (length, start) or 0xFFFF in (disk, here, count) or locator.startswith(_ZIP64_LOCATOR):
        raise Refused(said("archive_zip64"))
    # Bytes before the archive or after it would leave room for a second one.
    if disk or first_disk or here != count or start + length != position:
        raise Refused(said("archive_damaged"))
    return start, length, count


def _record(data: bytes, position: int) -> tuple[Record, int]:
    try:
        fields = _CENTRAL.unpack_from(data, position)
    except struct.error:
        raise Refused(said("archive_damaged")) from None
    signature, _, _, flags, method, _, _, check, packed, size = fields[:10]
    name_length, extra, comment, disk, _, attributes, offset = fields[10:]
    begin = position + _CENTRAL.size
    end = begin + name_length + extra + comment
    raw = data[begin : begin + name_length]
    if signature != b"PK\x01\x02" or disk not in (0, 0xFFFF) or end > len(data):
        raise Refused(said("archive_damaged"))
    if 0xFFFFFFFF in (packed, size, offset) or disk == 0xFFFF:
        raise Refused(said("archive_zip64"))
    shown = raw.decode("utf-8", "replace")
    if flags & ENCRYPTED:
        raise Refused(said("archive_encrypted", name=shown))
    if method not in (STORED, DEFLATED):
        raise Refused(said("archive_method", name=shown))
    return Record(raw, flags, method, check, packed, size, attributes, offset), end


def bytes_at(file: BinaryIO, position: int, length: int) -> bytes:
    """So many bytes from a position on.

    Raises:
        Refused: there are fewer.
    """
    file.seek(position)
    data = file.read(length)
    if len(data) != length:
        raise Refused(said("archive_truncated"))
    return data

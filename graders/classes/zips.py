"""Read a zip without believing it: one reader of our own, so that no second one can see another archive in it.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; for overlapping entries
https://www.usenix.org/conference/woot19/presentation/fifield
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from graders.classes.entries import Refused, said
from graders.classes.limits import CHUNK, Budget
from graders.classes.members import Member
from graders.classes.names import zip_encoding
from graders.classes.zip_directory import DEFLATED, ENCRYPTED, Record, bytes_at, read_records

_LOCAL = struct.Struct("<4s5H3L2H")
_UTF_8 = 0x0800
_DOS_FOLDER = 0x10


def members(file: BinaryIO, size: int, budget: Budget) -> Iterator[Member]:
    """The files and folders of a zip.

    Args:
        file: the archive, at any position.
        size: its bytes.
        budget: what it may still hold.

    Raises:
        Refused: it is damaged, encrypted, a zip64, holds what is neither file nor folder, compresses in a way that
            common systems do not, has entries that share bytes, or more than the budget.
    """
    directory, records = read_records(file, size, budget)
    starts = _starts(file, records, directory)
    encoding = zip_encoding([record.raw for record in records if not record.flags & _UTF_8])
    for record, start in zip(records, starts, strict=True):
        name = _decoded(record, encoding)
        yield Member(
            name=name,
            folder=_is_folder(record, name),
            executable=bool(record.attributes >> 16 & 0o111),
            chunks=_chunks(file, record, start, budget),
        )


def _starts(file: BinaryIO, records: list[Record], directory: int) -> list[int]:
    """Where each entry's content begins; no two entries may share a byte, with each other or the directory."""
    starts, spans = [], []
    for record in records:
        start = _start(file, record)
        starts.append(start)
        spans.append((record.offset, start + record.packed))
    end = 0
    for begin, finish in sorted(spans):
        if begin < end or finish > directory:
            raise Refused(said("archive_overlaps"))
        end = finish
    return starts


def _start(file: BinaryIO, record: Record) -> int:
    header = bytes_at(file, record.offset, _LOCAL.size + len(record.raw))
    try:
        signature, _, flags, method, *_, name_length, extra = _LOCAL.unpack_from(header)
    except struct.error:
        raise Refused(said("archive_truncated")) from None
    same = header[_LOCAL.size :] == record.raw and name_length == len(record.raw) and method == record.method
    if signature != b"PK\x03\x04" or not same or flags & ENCRYPTED:
        raise Refused(said("archive_damaged"))
    return int(record.offset + _LOCAL.size + name_length + extra)


def _decoded(record: Record, encoding: str) -> str:
    try:
        return record.raw.decode("utf-8" if record.flags & _UTF_8 else encoding)
    except UnicodeDecodeError:
        raise Refused(said("archive_damaged")) from None


def _is_folder(record: Record, name: str) -> bool:
    kind = stat.S_IFMT(record.attributes >> 16)
    if kind == stat.S_IFLNK:
        raise Refused(said("archive_link", name=name))
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(said("archive_not_a_file", name=name))
    folder = name.endswith("/") or kind == stat.S_IFDIR or bool(record.attributes & _DOS_FOLDER)
    if folder and (record.size or kind == stat.S_IFREG):
        raise Refused(said("archive_not_a_file", name=name))
    return folder


def _chunks(file: BinaryIO, record: Record, start: int, budget: Budget) -> Iterator[bytes]:
    """An entry's content; what comes out counts, not what the record says."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if record.method == DEFLATED else None
    position, check, so_far = start, 0, 0
    pending = b""
    while True:
        if not pending:
            pending = bytes_at(file, position, min(CHUNK, start + record.packed - position))
            position += len(pending)
        if inflater is None:
            chunk, pending = pending, b""
        else:
            try:
                chunk = inflater.decompress(pending, CHUNK)
            except zlib.error:
                raise Refused(said("archive_damaged")) from None
            pending = inflater.unconsumed_tail
        so_far += len(chunk)
        budget.content(len(chunk), so_far)
        check = zlib.crc32(chunk, check)
        if chunk:
            yield chunk
        elif not pending and position >= start + record.packed:
            break
    whole = inflater is None or (inflater.eof and not inflater.unused_data)
    if not whole or so_far != record.size or check != record.check:
        raise Refused(said("archive_damaged"))

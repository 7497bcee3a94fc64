"""Read a roster that is a CSV: one line a student, every mistake said with its line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from graders.classes.entries import RosterError, said

# The headers that are known, without case, spaces, `_` and `-`.
COLUMNS = {
    "id": "id",
    "name": "name",
    "folder": "folder",
    "handedin": "handed_in",
    "학번": "id",
    "이름": "name",
    "폴더": "folder",
    "제출시각": "handed_in",
}
KNOWN = "id (학번), name (이름), folder (폴더), handed_in (제출시각)"
NEEDED = ("id", "folder")
_MOST_BYTES = 16 << 20
_DELIMITERS = ",;\t"
# As spreadsheets in Korea write it: 2026. 3. 2. 오후 11:59:00, or 2026-03-02 오후 11:59
_KOREAN_TIME = re.compile(
    r"(?P<year>\d{4})\s*[-./]\s*(?P<month>\d{1,2})\s*[-./]\s*(?P<day>\d{1,2})\.?\s+"
    r"(?:(?P<half>오전|오후)\s*)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
)


@dataclass(frozen=True)
class Row:
    """One line, its cells as they stand; a column that is not there is empty."""

    line: int  # the first of it, counted from 1
    id: str
    name: str
    folder: str
    handed_in: str
    cells_left: bool = False  # there are more cells than columns


@dataclass(frozen=True)
class Table:
    """A CSV that was read."""

    unknown: tuple[tuple[int, str], ...]  # line and header of each column that is not known
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """Read a CSV in UTF-8, UTF-16 with a mark, or cp949, which Excel in Korea writes.

    Raises:
        RosterError: it cannot be read, or has not the columns that are needed.
    """
    text = _text(path)
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    # Strict: a quote that is not closed would swallow the rest of the class.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    lines = _lines(reader, path)
    line, header = next(lines, (1, []))
    columns = [_column(cell) for cell in header]
    for name in set(COLUMNS.values()):
        if columns.count(name) > 1 or (name in NEEDED and name not in columns):
            raise RosterError(said("column_missing_or_twice", column=name, line=line, name=path.name, known=KNOWN))
    unknown = tuple((line, cell) for cell, column in zip(header, columns, strict=True) if not column)
    return Table(unknown, tuple(_row(number, cells, columns) for number, cells in lines))


def read_time(cell: str) -> datetime | None:
    """A time of day with its date; one without a zone is this machine's.

    Returns:
        None where it is none, or a date alone: midnight would be a guess.
    """
    cell = cell.strip()
    try:
        if match := _KOREAN_TIME.fullmatch(cell):
            return _korean_time(match).astimezone()
        time = datetime.fromisoformat(cell)
        return None if _is_date(cell) else time if time.tzinfo else time.astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise RosterError(said("unreadable", name=path.name, problem=problem.strerror or problem)) from None
    if len(data) > _MOST_BYTES:
        raise RosterError(said("table_too_large", name=path.name, limit=f"{_MOST_BYTES >> 20} MB"))
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp949")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RosterError(said("table_encoding", name=path.name))


def _lines(reader: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each line with its number; blank ones are passed over."""
    line = 0
    while True:
        first = line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise RosterError(said("table_malformed", name=path.name, line=first, problem=problem)) from None
        line = int(getattr(reader, "line_num", first))
        if any(cell.strip() for cell in cells):
            yield first, cells


def _column(header: str) -> str:
    """The column that a header names; nothing where it is not known."""
    return COLUMNS.get(re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", header).casefold()), "")


def _row(line: int, cells: list[str], columns: list[str]) -> Row:
    values = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
    return Row(
        line=line,
        id=values.get("id", ""),
        name=values.get("name", ""),
        folder=values.get("folder", ""),
        handed_in=values.get("handed_in", ""),
        cells_left=any(cell.strip() for cell in cells[len(columns) :]),
    )


def _korean_time(match: re.Match[str]) -> datetime:
    numbers = {name: int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")}
    if match["half"]:
        if not 1 <= numbers["hour"] <= 12:
            raise ValueError(numbers["hour"])
        numbers["hour"] = numbers["hour"] % 12 + (12 if match["half"] == "오후" else 0)
    return datetime(**numbers)  # type: ignore[arg-type]  # whole numbers, all of them


def _is_date(cell: str) -> bool:
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True

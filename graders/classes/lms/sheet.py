"""A file that an LMS exported, read so that single cells can be filled in and every other byte stays as it is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.classes.refusals import GradebookError

MOST_BYTES = 64 << 20
DELIMITERS = ",;\t"
_PLAIN = {delimiter: re.compile(f"[^{delimiter}\n\r]*") for delimiter in DELIMITERS}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Cell:
    """A cell and where it stands in the text, its quotes included."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True)
class Line:
    """One record; `number` counts lines of the file from 1, `end` is where its text ends."""

    number: int
    cells: tuple[Cell, ...]
    end: int

    def text(self, column: int | None) -> str:
        """A cell's text without spaces around it; empty for a column that the line does not reach."""
        return "" if column is None or column >= len(self.cells) else self.cells[column].text.strip()

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(cell.text.strip() for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """A file with a header."""

    name: str
    text: str
    encoding: str
    mark: bytes  # of byte order, at its beginning
    delimiter: str
    lines: tuple[Line, ...]

    @property
    def header(self) -> Line:
        """The first line."""
        return self.lines[0]

    @property
    def rows(self) -> tuple[Line, ...]:
        """The other lines, without blank ones."""
        return tuple(line for line in self.lines[1:] if not line.blank)


def read_sheet(path: Path) -> Sheet:
    """Read a file of cells between commas, semicolons or tabs: UTF-8, UTF-16 with a mark, or cp949.

    Raises:
        GradebookError: it cannot be read, is too large, has no header, or a quote in it is not closed.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise GradebookError("unreadable", name=path.name, problem=problem.strerror or problem) from None
    if len(data) > MOST_BYTES:
        raise GradebookError("sheet_too_large", name=path.name, limit=f"{MOST_BYTES >> 20} MB")
    return parse(data, path.name)


def parse(data: bytes, name: str) -> Sheet:
    """A file's bytes as a sheet; see `read_sheet`."""
    mark, encoding, text = _decoded(data, name)
    delimiter = max(DELIMITERS, key=lambda candidate: _cells_of_header(text, candidate))
    lines = tuple(_lines(text, delimiter, name))
    if not lines or lines[0].blank:
        raise GradebookError("sheet_no_header", name=name)
    return Sheet(name, text, encoding, mark, delimiter, lines)


def filled(sheet: Sheet, cells: Mapping[tuple[int, int], str]) -> bytes:
    """The file with some cells filled in.

    Args:
        sheet: as it was read.
        cells: texts by index in `sheet.lines` and column; a column that a line does not reach is added to it.

    Raises:
        GradebookError: a text has a character that the file's encoding does not.
    """
    pieces, done = [], 0
    for start, end, text in sorted(_edits(sheet, cells)):
        pieces += [sheet.text[done:start], text]
        done = end
    whole = "".join([*pieces, sheet.text[done:]])
    try:
        return sheet.mark + whole.encode(sheet.encoding)
    except UnicodeEncodeError as problem:
        character = problem.object[problem.start]
        raise GradebookError(
            "sheet_encoding_lacks", name=sheet.name, encoding=sheet.encoding, character=character
        ) from None


def _edits(sheet: Sheet, cells: Mapping[tuple[int, int], str]) -> Iterable[tuple[int, int, str]]:
    added: dict[int, dict[int, str]] = {}
    for (index, column), text in cells.items():
        line = sheet.lines[index]
        if column < len(line.cells):
            cell = line.cells[column]
            yield cell.start, cell.end, written(text, sheet.delimiter, quoted=cell.quoted)
        else:
            added.setdefault(index, {})[column] = text
    for index, texts in added.items():
        line = sheet.lines[index]
        quoted = all(cell.quoted for cell in line.cells)
        new = [texts.get(column, "") for column in range(len(line.cells), max(texts) + 1)]
        joined = [sheet.delimiter + (written(text, sheet.delimiter, quoted=quoted) if text else "") for text in new]
        yield line.end, line.end, "".join(joined)


def written(text: str, delimiter: str, *, quoted: bool) -> str:
    """A cell's text as it stands in a file, quoted where it was or must be."""
    if quoted or any(character in text for character in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _decoded(data: bytes, name: str) -> tuple[bytes, str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding, _decode(data[len(mark) :], (encoding,), name)[1]
    encoding, text = _decode(data, ("utf-8", "cp949"), name)
    return b"", encoding, text


def _decode(data: bytes, encodings: Iterable[str], name: str) -> tuple[str, str]:
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:  # UTF-16 without its mark, or no text at all
            return encoding, text
    raise GradebookError("sheet_encoding", name=name)


def _cells_of_header(text: str, delimiter: str) -> int:
    try:
        return len(next(_lines(text, delimiter, "")).cells)
    except (GradebookError, StopIteration):
        return 0


def _lines(text: str, delimiter: str, name: str) -> Iterator[Line]:
    """Records as RFC 4180 has them; a line may end in CR, LF or both, and a quote that opens no cell is a character."""
    here, number = 0, 1
    while here < len(text):
        first, begin, cells = number, here, []
        while True:
            cell = _cell(text, here, delimiter, name, first)
            cells.append(cell)
            here = cell.end
            if here < len(text) and text[here] == delimiter:
                here += 1
                continue
            break
        end = here
        here += 2 if text.startswith("\r\n", here) else 1
        number += text.count("\n", begin, here) or 1
        yield Line(first, tuple(cells), end)


def _cell(text: str, start: int, delimiter: str, name: str, line: int) -> Cell:
    if not text.startswith('"', start):
        match = _PLAIN[delimiter].match(text, start)
        end = match.end() if match else start
        return Cell(text[start:end], start, end)
    here = start + 1
    while True:
        here = text.find('"', here)
        if here < 0:
            raise GradebookError("sheet_quote_open", name=name, line=line)
        if not text.startswith('""', here):
            break
        here += 2
    end = here + 1
    if end < len(text) and text[end] not in (delimiter, "\n", "\r"):
        raise GradebookError("sheet_after_quote", name=name, line=line)
    return Cell(text[start + 1 : here].replace('""', '"'), start, end, quoted=True)

"""Find columns by their headers, which an LMS writes in its user's language."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping

from graders.classes.lms.sheet import Sheet
from graders.classes.refusals import GradebookError


def plain(header: str) -> str:
    """A header as it is compared: without case, spaces, `_` and `-`."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(character for character in text if not character.isspace() and character not in "_-")


def find(sheet: Sheet, known: Mapping[str, Collection[str]], given: Mapping[str, str]) -> dict[str, int]:
    """The columns of a file.

    Args:
        sheet: the file.
        known: for each column its headers in the languages that we know.
        given: headers that a person named, for some columns; in other languages, say.

    Returns:
        the index of each column that is there.

    Raises:
        GradebookError: two columns have a header that was looked for, or none has one that was named.
    """
    headers = [plain(cell.text) for cell in sheet.header.cells]
    found = {}
    for column, names in known.items():
        wanted = {plain(given[column])} if column in given else {plain(name) for name in names}
        places = [place for place, header in enumerate(headers) if header in wanted]
        if len(places) > 1:
            raise GradebookError("column_twice", column=sheet.header.cells[places[0]].text, name=sheet.name)
        if column in given and not places:
            raise GradebookError("column_missing", column=given[column], name=sheet.name, seen=seen(sheet))
        if places:
            found[column] = places[0]
    return found


def need(sheet: Sheet, found: Mapping[str, int], known: Mapping[str, Collection[str]], *columns: str) -> None:
    """Make sure that columns were found.

    Raises:
        GradebookError: with what was looked for and what there is.
    """
    for column in columns:
        if column not in found:
            wanted = " / ".join(known[column])
            raise GradebookError("column_missing", column=wanted, name=sheet.name, seen=seen(sheet))


def seen(sheet: Sheet) -> str:
    """The headers of a file, for people."""
    return ", ".join(cell.text for cell in sheet.header.cells)

"""What goes into a cell: texts that no spreadsheet takes for a formula, and numbers that stay numbers."""

from __future__ import annotations

import csv
import io
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from graders.classes.points import number
from graders.verdicts import visible

# OWASP ASVS 5.0, 1.2.10, and https://owasp.org/www-community/attacks/CSV_Injection; the wide ones too, which a
# spreadsheet for Chinese, Japanese or Korean may take for the narrow ones.
_BEGINS = "=+-@＝＋－＠"


def harmless(text: str) -> str:
    """A text that a spreadsheet shows and does not carry out: with an apostrophe where it could begin a formula."""
    return f"'{text}" if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula; blanks and invisible characters before it count not."""
    if text[:1] in ("\t", "\r"):
        return True
    return next((character for character in text if not _passed_over(character)), " ") in _BEGINS


def written(value: str | Decimal | None) -> str:
    """A value as the text of a cell: a number as it is, a text harmless and with nothing invisible in it."""
    if value is None:
        return ""
    return number(value) if isinstance(value, Decimal) else visible(harmless(value))


def table(header: Sequence[str], rows: Iterable[Sequence[str | Decimal | None]], *, mark: bool = False) -> bytes:
    """A CSV as RFC 4180 has it, in UTF-8.

    Args:
        header: the columns' names.
        rows: their values.
        mark: begin with a byte order mark, without which Excel takes Korean for something else.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([written(name) for name in header])
    writer.writerows([written(value) for value in row] for row in rows)
    return (BOM_UTF8 if mark else b"") + text.getvalue().encode("utf-8")


def parsed(text: str) -> Decimal | None:
    """The number of a cell, also with a decimal comma; none where it is none."""
    text = text.strip()
    if "," in text and "." not in text:
        text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _passed_over(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")

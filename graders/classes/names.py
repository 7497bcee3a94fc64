"""Names of an archive's entries: strangers' words, which must not lead anywhere but into the folder."""

from __future__ import annotations

import os
import re
import unicodedata

from graders.classes.entries import Refused, said
from graders.classes.limits import Limits

# What systems put into archives and folders by themselves.
JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
_DRIVE = re.compile(r"^[A-Za-z]:")


def path_parts(name: str, limits: Limits) -> tuple[str, ...]:
    """The parts of a safe relative path; none for the folder itself.

    Args:
        name: an entry's name, decoded.
        limits: of depth and length.

    Raises:
        Refused: it leads out of the folder, is no name on some system, or is too long or too deep.
    """
    if "\0" in name or "\\" in name:
        raise Refused(said("archive_name_strange", name=name))
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if name.startswith("/") or ".." in parts or any(_DRIVE.match(part) for part in parts[:1]):
        raise Refused(said("archive_name_leads_out", name=name))
    lengths = [len(os.fsencode(part)) for part in parts]
    if sum(lengths) + len(parts) > limits.name + 1 or max(lengths, default=0) > limits.part:
        raise Refused(said("archive_name_too_long", name=name))
    if len(parts) > limits.depth:
        raise Refused(said("archive_too_deep", limit=limits.depth))
    return parts


def is_junk(name: str) -> bool:
    """Whether a system put it there by itself: one part of a path."""
    return name in JUNK or name.startswith("._")


def alike(parts: tuple[str, ...]) -> tuple[str, ...]:
    """What two paths share that some system takes for one: it ignores case, or how accents are composed."""
    return tuple(unicodedata.normalize("NFC", part.casefold()) for part in parts)


def decode_one(raw: bytes) -> str:
    """A name of unknown encoding: UTF-8, else that of Korean Windows, else bytes that are kept as they are."""
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "surrogateescape")


def zip_encoding(names: list[bytes]) -> str:
    """The encoding of the names in a zip that does not say it.

    They are judged together, for a short Korean name in cp949 may happen to be valid UTF-8. macOS and Info-ZIP write
    UTF-8 without saying so, Korean Windows writes cp949, and cp437 is what the format itself falls back to
    (APPNOTE.TXT, appendix D).
    """
    strange = [name for name in names if not name.isascii()]
    utf_8, cp949 = _all(strange, "utf-8"), _all(strange, "cp949")
    asian = utf_8 is not None and any(character > "\u07ff" for name in utf_8 for character in name)
    if utf_8 is not None and (asian or cp949 is None):
        return "utf-8"
    return "cp949" if cp949 is not None else "cp437"


def _all(names: list[bytes], encoding: str) -> list[str] | None:
    try:
        return [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return None

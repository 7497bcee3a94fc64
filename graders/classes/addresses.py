"""Where a store is: `sqlite:///FILE` or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from graders.classes.troubles import StoreError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
HIDDEN = "***"


def file_address(path: Path) -> str:
    """The address of a store in a file, whatever the file's name holds."""
    return URL.create(SQLITE, database=str(path.absolute())).render_as_string(hide_password=False)


def read_address(address: str) -> URL:
    """Read an address.

    Raises:
        StoreError: `address`, which shows none of it but what comes before `://`, for a password can stand anywhere
            in an address that is malformed; `no_driver`.
    """
    kind = re.match(r"([A-Za-z][A-Za-z0-9+]*)://", address)
    malformed = StoreError("address", seen=kind[0] if kind else "-")
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise malformed from None
    if url.drivername in (POSTGRESQL, f"{POSTGRESQL}+psycopg") and url.database:
        if not importlib.util.find_spec("psycopg"):
            raise StoreError("no_driver")
        return url.set(drivername=f"{POSTGRESQL}+psycopg")
    in_file = url.database not in (None, "", ":memory:") and not url.query  # what it asks for would be ignored
    if url.drivername in (SQLITE, f"{SQLITE}+pysqlite") and in_file:
        return url
    raise malformed


def shown(url: URL) -> str:
    """An address for people: a file's path, or server and database without a password."""
    if url.get_backend_name() == SQLITE:
        return url.database or ""
    plain = URL.create(POSTGRESQL, url.username, None, url.host, url.port, url.database)
    return plain.render_as_string(hide_password=True)


def without_secrets(text: str, url: URL) -> str:
    """A server's words without the address's password, and without what its query holds."""
    asked = [[entry] if isinstance(entry, str) else entry for entry in url.query.values()]
    values = [url.password, *(value for entries in asked for value in entries)]
    # The longest first, or what is part of another would leave the rest of that.
    for secret in sorted((value for value in values if isinstance(value, str)), key=len, reverse=True):
        if len(secret) > 3:
            text = text.replace(secret, HIDDEN)
    return text

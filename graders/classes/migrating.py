"""Brings a database's tables to what this Drydock knows, by Alembic's migrations."""

from __future__ import annotations

import functools
import threading
from contextlib import AbstractContextManager
from typing import Protocol

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from graders.classes.addresses import POSTGRESQL, SQLITE
from graders.classes.tables import metadata
from graders.classes.troubles import StoreError

VERSION_TABLE = "drydock_version"  # not Alembic's default: a server's database may be shared
LOCK = 0x64727964  # any number that others will not take: the lock of PostgreSQL under which tables are changed

_alembic = threading.Lock()  # Alembic keeps the migration at hand in globals


class Opened(Protocol):
    """A database to migrate."""

    @property
    def where(self) -> str:
        """Where it is, for people."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that reads."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes."""


@functools.cache
def scripts() -> ScriptDirectory:
    """The migrations of this Drydock."""
    return ScriptDirectory.from_config(_config())


def migrate(database: Opened) -> None:
    """Bring a database up to date, in one transaction; does nothing to one that is.

    Raises:
        StoreError: `newer`, `foreign`, `encoding`, or what the database itself says.
    """
    newest = scripts().get_current_head()
    with database.reading() as connection:
        if _version(connection) == newest:
            return
    with _alembic, database.writing() as connection:
        if connection.dialect.name == POSTGRESQL:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        # Only now: another process may have been making the tables while they were looked at.
        version = _version(connection)
        if version is None:
            _check_free(connection, database.where)
        elif version not in {script.revision for script in scripts().walk_revisions()}:
            raise StoreError("newer", where=database.where, seen=version, newest=newest)
        if version != newest:
            command.upgrade(_config(connection), "head")


def _version(connection: Connection) -> str | None:
    """The version of a database's tables, none where there are none of ours."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _check_free(connection: Connection, where: str) -> None:
    """Make sure that a database may be made a store."""
    if connection.dialect.name == POSTGRESQL:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreError("encoding", where=where, seen=encoding)
    tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
    others = tables if connection.dialect.name == SQLITE else tables & set(metadata.tables)
    if others:
        raise StoreError("foreign", where=where, seen=", ".join(sorted(others)))


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "graders.classes:migrations")
    return config

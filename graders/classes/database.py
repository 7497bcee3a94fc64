"""A store's database: connections, transactions, and what its troubles mean."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import ConnectionPoolEntry

from graders.classes.addresses import POSTGRESQL, SQLITE, shown, without_secrets
from graders.classes.migrating import migrate
from graders.classes.troubles import StoreError

WRITES = "drydock_writes"
LOOK_SECONDS = 0.02  # between two looks whether a file is free

# https://www.sqlite.org/rescode.html
OF_SQLITE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_CORRUPT: "damaged",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
OF_POSTGRESQL = {
    "55P03": "locked",
    "53100": "full",
    "25006": "read_only",
    "42501": "read_only",
    "XX001": "damaged",
    "XX002": "damaged",
}
UNREACHABLE = ("08", "28", "3D", "53", "57")  # connection, authorisation, no such database, no room, shut down


class Database:
    """A database that holds today's tables.

    Args:
        url: where it is.
        wait: seconds to wait for another process that writes.

    Raises:
        StoreError: it cannot be opened, or is none of Drydock's, or of a newer one.
    """

    def __init__(self, url: URL, wait: float) -> None:
        self.url, self.wait, self.where = url, wait, shown(url)
        self._engine = _engine(url, wait)
        self._writer = self._engine.execution_options(**{WRITES: True})
        self._file: tuple[int, int] | None = None
        try:
            migrate(self)
            self._keep_log()
            self._file = self._identity()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that only reads."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that is committed at the end and on an exception undone.

        Raises:
            StoreError: also `gone`: SQLite would go on writing into a file that has no name any more.
        """
        with self._translated(), self._writer.begin() as connection:
            yield connection
            if self._file and self._identity() != self._file:
                raise StoreError("gone", where=self.where)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _keep_log(self) -> None:
        """Let a file keep its changes in a log, so that it can be read while it is written to; for good, and only
        once it is sure that the file is a store.
        """
        if self.url.get_backend_name() != SQLITE:
            return
        deadline = time.monotonic() + self.wait
        while True:
            try:
                with self._translated(), self._engine.connect() as connection:
                    connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except StoreError as problem:
                # This statement alone does not wait for others; a file that is read-only has its mode already.
                if problem.code == "read_only":
                    return
                if problem.code != "locked" or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_SECONDS)

    def _identity(self) -> tuple[int, int] | None:
        """Which file a database is in; none where it is in none, or gone."""
        if self.url.get_backend_name() != SQLITE:
            return None
        try:
            found = os.stat(self.url.database or "")
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NoneFree:
            raise StoreError("locked", where=self.where, seconds=f"{self.wait:g}") from None
        except (DBAPIError, sqlite3.Error) as problem:
            original = problem.orig if isinstance(problem, DBAPIError) else problem
            said = without_secrets(str(original), self.url)
            raise StoreError(_code(original), where=self.where, seconds=f"{self.wait:g}", problem=said) from None


def _code(problem: BaseException | None) -> str:
    """What a driver's exception means, as a key of the catalogue."""
    if isinstance(problem, sqlite3.Error):
        # The low byte is the error, the others say more of it.
        return OF_SQLITE.get(getattr(problem, "sqlite_errorcode", 0) & 0xFF, "failed")
    state = getattr(problem, "sqlstate", None)
    if state is None or state in OF_POSTGRESQL:
        # The driver has no state for a connection that could not be made or broke.
        return OF_POSTGRESQL.get(state or "", "unreachable")
    return "unreachable" if state.startswith(UNREACHABLE) else "failed"


def _engine(url: URL, wait: float) -> Engine:
    if url.get_backend_name() == SQLITE:
        engine = create_engine(url, connect_args={"timeout": wait}, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    assert url.get_backend_name() == POSTGRESQL
    # Or a database without an encoding answers in bytes, and cannot even be told what it lacks.
    arguments: dict[str, object] = {"client_encoding": "utf8"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = max(2, round(wait))

    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", (str(round(wait * 1000)),))
        # Or a statement that is asked again and again keeps the plan that was good for a table of a few rows:
        # https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-PLAN-CACHE-MODE
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        cursor.close()
        connection.commit()

    # A server may have been started again since the last time.
    engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, hide_parameters=True)
    event.listen(engine, "connect", set_up)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # SQLAlchemy begins transactions, not the driver: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes would fail at once where another has written in between.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

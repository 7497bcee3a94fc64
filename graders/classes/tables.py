"""The tables of a store. Whoever changes them adds a migration; a test compares the two."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
)

metadata = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER counts by itself in SQLite

_REFUSED = re.compile("[\\\\\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(\\|u([0-9A-F]{4}))")


class Verbatim(TypeDecorator[str]):
    r"""Any text of Python's, unchanged: PostgreSQL refuses NUL, and no database takes half of a surrogate pair.

    Those are written as `\u0000` and `\uD800`, and a backslash as two.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as the database has it."""
        return value if value is None else _REFUSED.sub(_escape, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it was given."""
        return value if value is None else _ESCAPED.sub(_unescape, value)


def _escape(found: re.Match[str]) -> str:
    return "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04X}"


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[2], 16)) if found[2] else "\\"


class Moment(TypeDecorator[datetime]):
    """A time with a zone, kept and given back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; that it has a zone is for the records to make sure."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time in UTC; SQLite has no zones."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class ResultColumns(TypedColumns):
    """Final results, the first for each key."""

    id = Column(NUMBER, primary_key=True)  # the order in which they came, whatever the clocks said
    key: Named[str] = Column(String(64), unique=True)
    student: Named[str] = Column(Verbatim)
    name: Named[str] = Column(Verbatim)
    lab: Named[str] = Column(Verbatim, index=True)
    lab_version: Named[str] = Column(Verbatim)
    content: Named[str] = Column(Verbatim)
    images: Named[str] = Column(Verbatim)
    drydock: Named[str] = Column(Verbatim)
    generation: Named[int] = Column(Integer)
    handed_in: Named[datetime | None] = Column(Moment)
    graded: Named[datetime] = Column(Moment)
    earned: Named[float] = Column(Double)
    possible: Named[float] = Column(Double)
    record: Named[str] = Column(Text)  # result.json


class AttemptColumns(TypedColumns):
    """Attempts; rows are only added."""

    id = Column(NUMBER, primary_key=True)
    key: Named[str] = Column(String(64))
    student: Named[str] = Column(Verbatim)
    lab: Named[str] = Column(Verbatim, index=True)
    worker: Named[str] = Column(Verbatim)
    started: Named[datetime] = Column(Moment)
    seconds: Named[float] = Column(Double)
    outcome: Named[str] = Column(Verbatim)
    detail: Named[str] = Column(Verbatim)


class OverrideColumns(TypedColumns):
    """An instructor's points; rows are only added, the last is in force."""

    id = Column(NUMBER, primary_key=True)
    student: Named[str] = Column(Verbatim)
    lab: Named[str] = Column(Verbatim, index=True)
    check: Named[str] = Column("check_id", Verbatim)  # CHECK is a word of SQL's
    points: Named[float | None] = Column(Double)
    reason: Named[str] = Column(Verbatim)
    who: Named[str] = Column(Verbatim)
    when: Named[datetime] = Column("given", Moment)


class GenerationColumns(TypedColumns):
    """How often a student's work is to be graded; rows are only added, the highest is in force."""

    id = Column(NUMBER, primary_key=True)
    student: Named[str] = Column(Verbatim)
    lab: Named[str] = Column(Verbatim, index=True)
    generation: Named[int] = Column(Integer)


results = Table("results", metadata, ResultColumns, sqlite_autoincrement=True)
attempts = Table("attempts", metadata, AttemptColumns, sqlite_autoincrement=True)
overrides = Table("overrides", metadata, OverrideColumns, sqlite_autoincrement=True)
generations = Table("generations", metadata, GenerationColumns, sqlite_autoincrement=True)

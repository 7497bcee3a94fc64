"""The store: every final result once, every attempt, and an instructor's points; nothing is ever replaced."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import JSON, ColumnElement, Select, Text, cast, column, func, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from graders.classes.addresses import POSTGRESQL, file_address, read_address
from graders.classes.database import Database
from graders.classes.stored import ERROR, FINAL, Attempt, Job, Override, Stored
from graders.classes.tables import attempts, generations, overrides, results
from graders.classes.troubles import StoreError
from graders.scorecards.record import RecordError, from_record, to_json

__all__ = ["ERROR", "FINAL", "Attempt", "Job", "Override", "Store", "StoreError", "Stored", "file_address"]

WAIT_SECONDS = 30.0
RECORDS_AT_ONCE = 100  # what is in memory of a class's results


class Store:
    """A store, opened; made where there is none yet, and brought up to date where it is older.

    Safe with other processes on the same one, and with threads; a process opens its own, also after a fork.

    Args:
        url: `sqlite:///FILE` (see `file_address`) or `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`.
        wait: seconds to wait for another process that writes.

    Raises:
        StoreError: here and in every method, where the database cannot do it; nothing was written then.
    """

    def __init__(self, url: str, *, wait: float = WAIT_SECONDS) -> None:
        self._database = Database(read_address(url), wait)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.where!r})"

    @property
    def where(self) -> str:
        """Where it is, for people: without a password."""
        return self._database.where

    def close(self) -> None:
        """Close it."""
        self._database.close()

    def put(self, stored: Stored) -> bool:
        """Keep a final result, in a transaction of its own.

        Returns:
            True: it is now the one result of its job; False: there was one before, which stays.

        Raises:
            StoreError: also where this is no final result, see `Stored.check`.
        """
        stored.check()
        if self.has(stored.job.key):
            return False  # what comes a second time need not wait for whoever writes
        values = _result_values(stored)
        with self._database.writing() as connection:
            dialect = postgresql if connection.dialect.name == POSTGRESQL else sqlite
            insertion = dialect.insert(results).values(values).on_conflict_do_nothing(index_elements=["key"])
            # The count of rows means different things to the two databases.
            return connection.execute(insertion.returning(results.c.id)).first() is not None

    def has(self, key: str) -> bool:
        """Whether a job has its result."""
        return bool(self._rows(select(results.c.id).where(results.c.key == key)))

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that have no result."""
        # One value with all keys: a statement with 100,000 values is refused by one database and slow with both.
        given = json.dumps(sorted(set(keys)))
        with self._database.reading() as connection:
            key = _each(given, connection.dialect.name)
            there = select(results.c.id).where(results.c.key == key)
            return set(connection.scalars(select(key).where(~there.exists())))

    def results(self, lab: str, *, student: str | None = None, history: bool = False) -> Iterator[Stored]:
        """A lab's results, in the order in which they came.

        Args:
            lab: its id.
            student: only this one's.
            history: all that there ever were, not just the last of each student's highest generation.
        """
        ids = select(results.c.id).where(results.c.lab == lab)
        if student is not None:
            ids = ids.where(results.c.student == student)
        if not history:
            order = (results.c.generation.desc(), results.c.id.desc())
            place = func.row_number().over(partition_by=results.c.student, order_by=order)
            places = ids.add_columns(place.label("place")).subquery()
            ids = select(places.c.id).where(places.c.place == 1)
        found = self._scalars(ids)
        for chunk in _chunks(sorted(found), RECORDS_AT_ONCE):
            # No transaction is open while a caller works on a result: it would keep the file of changes growing.
            with self._database.reading() as connection:
                rows = connection.execute(select(results).where(results.c.id.in_(chunk)).order_by(results.c.id)).all()
            yield from map(_to_stored, rows)

    def log(self, attempt: Attempt) -> None:
        """Note an attempt."""
        self._add(attempts, vars(attempt))

    def attempts(self, lab: str) -> Iterator[Attempt]:
        """A lab's attempts, in the order in which they were noted."""
        names = [column for column in attempts.c if column.name != "id"]
        for row in self._rows(select(*names).where(attempts.c.lab == lab).order_by(attempts.c.id)):
            yield Attempt(*row)

    def override(self, override: Override) -> None:
        """Note points that an instructor gives, or withdraws."""
        self._add(overrides, vars(override))

    def overrides(self, lab: str, *, history: bool = False) -> tuple[Override, ...]:
        """A lab's overrides that are in force, the last of each student and check; with `history` all ever noted."""
        c = overrides.c
        names = (c.student, c.lab, c.points, c.reason, c.who, c.when, c.check)
        noted = [Override(*row) for row in self._rows(select(*names).where(c.lab == lab).order_by(c.id))]
        if history:
            return tuple(noted)
        last = {(override.student, override.check): override for override in noted}
        return tuple(override for override in last.values() if override.points is not None)

    def generations(self, lab: str) -> dict[str, int]:
        """The generation that a student's next grading belongs to, for those where it is not 0."""
        noted = select(generations.c.student, func.max(generations.c.generation)).where(generations.c.lab == lab)
        return dict(self._rows(noted.group_by(generations.c.student)))

    def regrade(self, lab: str, students: Iterable[str]) -> dict[str, int]:
        """Have students graded again: each gets the generation after that of the last result.

        It is kept, so a regrade that is interrupted goes on with the next plain grading. Asked for again before there
        is a result of it, it changes nothing.

        Returns:
            the students' generations; 0 for one without a result.
        """
        highest = select(results.c.student, func.max(results.c.generation)).where(results.c.lab == lab)
        with self._database.writing() as connection:
            of_results = dict(connection.execute(highest.group_by(results.c.student)).all())
            now = {student: of_results.get(student, -1) + 1 for student in students}
            rows = [{"lab": lab, "student": student, "generation": number} for student, number in now.items() if number]
            if rows:
                connection.execute(insert(generations), rows)
        return now

    def _add(self, table: Any, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(table).values(values))

    def _rows(self, query: Select[*tuple[Any, ...]]) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(query))

    def _scalars(self, query: Select[*tuple[Any, ...]]) -> list[Any]:
        return [row[0] for row in self._rows(query)]


def _each(texts: str, dialect: str) -> ColumnElement[str]:
    """The texts of a JSON array, as rows."""
    if dialect == POSTGRESQL:
        return func.json_array_elements_text(cast(literal(texts, Text), JSON)).column_valued(
            "wanted"
        )  # no column of ours
    return func.json_each(texts).table_valued(column("value", Text)).c.value


def _chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(list(values))
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk


def _result_values(stored: Stored) -> dict[str, Any]:
    card = stored.card
    return {
        **vars(stored.job),
        "key": stored.job.key,
        "name": stored.name,
        "handed_in": stored.handed_in,
        "graded": stored.graded,
        "earned": card.earned,
        "possible": card.possible,
        "record": to_json(card),
    }


def _to_stored(row: Any) -> Stored:
    job = Job(row.student, row.lab, row.lab_version, row.content, row.images, row.drydock, row.generation)
    try:
        card = from_record(json.loads(row.record))
    except (ValueError, RecordError) as problem:
        raise StoreError("unreadable", student=job.student, id=row.id, problem=problem) from None
    return Stored(job, row.name, row.handed_in, card, row.graded)

"""Copies a store into an empty one, from a file to a server for instance:

python -m graders.classes.copying FROM TO
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing

from sqlalchemy import URL, insert, select

from graders.classes.addresses import SQLITE, read_address, shown
from graders.classes.database import Database
from graders.classes.tables import metadata
from graders.classes.troubles import StoreError
from graders.texts import catalogue, language

ROWS_AT_ONCE = 200  # of results, which are some 20 kB each
WAIT_SECONDS = 30.0


def copy(source: Database, target: Database) -> dict[str, int]:
    """Copy all rows, in their order, in one transaction.

    Returns:
        how many rows of each table.

    Raises:
        StoreError: `not_empty`: the target has rows; and what the databases themselves say.
    """
    copied = {}
    with source.reading() as old, target.writing() as new:
        for table in metadata.sorted_tables:
            if new.execute(select(table.c.id).limit(1)).first():
                raise StoreError("not_empty", where=target.where)
            copied[table.name] = 0
            # The target counts for itself, so the next row there does not meet a number that is taken.
            columns = [column for column in table.columns if column.name != "id"]
            query = select(*columns).order_by(table.c.id)
            keys = [column.key for column in columns]
            for part in old.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}).partitions():
                new.execute(insert(table), [dict(zip(keys, row, strict=True)) for row in part])
                copied[table.name] += len(part)
    return copied


def main(addresses: Sequence[str]) -> int:
    """Copy from one address to another, and say how much; 2 where it cannot be done."""
    speaks = language()
    if len(addresses) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        urls = [read_address(address) for address in addresses]
        _check_there(urls[0])
        with closing(Database(urls[0], WAIT_SECONDS)) as source, closing(Database(urls[1], WAIT_SECONDS)) as target:
            copied = copy(source, target)
    except StoreError as problem:
        print(problem.text.in_language(speaks), file=sys.stderr)
        return 2
    facts = {name: str(count) for name, count in copied.items()}
    print(catalogue("store")["copied"].fill({**facts, "where": shown(urls[1])}).in_language(speaks))
    return 0


def _check_there(url: URL) -> None:
    """Make sure that a source is there: opening a store makes one, also where its name is misspelt."""
    if url.get_backend_name() == SQLITE and not os.path.exists(url.database or ""):
        raise StoreError("cannot_open", where=shown(url), problem="no such file")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

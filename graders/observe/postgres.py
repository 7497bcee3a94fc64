"""Ask a PostgreSQL server in the dock, and take down what a database of it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from docker.errors import NotFound

from graders.dock import Dock
from graders.observe.waiting import until
from graders.verdicts import Evidence

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 20
ANSWER_SECONDS = 40  # for a psql that does not keep to these: it is that of the student's image
LONGEST = 8 << 20  # bytes of an answer
MOST_TABLES, MOST_ROWS = 40, 3000  # that are looked at

# Facts as [kind, name, value], written so that two versions of PostgreSQL write the same.
CATALOG = r"""
WITH spaces AS (
  SELECT *, CASE WHEN nspname = 'public' THEN NULL ELSE nspacl END AS acl FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT c.*, n.nspname, n.nspname || '.' || c.relname AS name FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace
), grants AS (
  SELECT name, relowner AS owner, (aclexplode(relacl)).* FROM relations
  UNION ALL SELECT nspname, nspowner, (aclexplode(acl)).* FROM spaces
), facts(kind, name, value) AS (
  SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END, name, '' FROM relations
  WHERE relkind IN ('r', 'p', 'v', 'm')
  UNION ALL SELECT 'index', name, pg_get_indexdef(oid) FROM relations WHERE relkind IN ('i', 'I')
  UNION ALL SELECT 'column', r.name || '.' || a.attname,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
      'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), nullif(attidentity, ''), nullif(attgenerated, ''))
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'constraint', r.name || ' ' || conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN relations r ON k.conrelid = r.oid WHERE contype IN ('p', 'u', 'f', 'c', 'x')
  UNION ALL SELECT 'type', n.nspname || '.' || typname, CASE typtype
    WHEN 'd' THEN format_type(typbasetype, typtypmod)
      || (SELECT coalesce(string_agg(' ' || pg_get_constraintdef(k.oid), ''), '')
          FROM pg_constraint k WHERE k.contypid = t.oid AND contype = 'c')
    ELSE (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) END
    FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace WHERE typtype IN ('d', 'e')
  UNION ALL SELECT 'sequence', schemaname || '.' || sequencename,
    concat_ws(' ', data_type, start_value, min_value, max_value, increment_by, cycle) FROM pg_sequences
  -- What it has given last. One that was set to give a number next (is_called is false) has given the one before.
  UNION ALL SELECT 'number', schemaname || '.' || sequencename, coalesce(last_value, (xpath('/row/last_value/text()',
      query_to_xml(format('SELECT last_value FROM %I.%I', schemaname, sequencename), false, true, '')
    ))[1]::text::bigint - increment_by)::text FROM pg_sequences
  UNION ALL SELECT 'owner', name, pg_get_userbyid(relowner) FROM relations WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
  UNION ALL SELECT 'owner', nspname, pg_get_userbyid(nspowner) FROM spaces WHERE nspname <> 'public'
  UNION ALL SELECT 'right', name || ': ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END
    || ' ' || privilege_type, '' FROM grants WHERE grantee <> owner
  UNION ALL SELECT 'role', rolname, concat_ws(' ', CASE WHEN rolcanlogin THEN 'login' ELSE 'nologin' END,
    CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreatedb THEN 'createdb' END,
    CASE WHEN rolcreaterole THEN 'createrole' END,
    (SELECT 'in ' || string_agg(pg_get_userbyid(m.roleid), ',' ORDER BY pg_get_userbyid(m.roleid))
     FROM pg_auth_members m WHERE m.member = o.oid)) FROM pg_roles o WHERE rolname !~ '^pg_'
)
SELECT json_build_object(
  'version', current_setting('server_version_num')::int / 10000,
  'encoding', current_setting('server_encoding'),
  'data', current_setting('data_directory'),
  'tables', (SELECT json_agg(json_build_array(nspname, relname)) FROM relations WHERE relkind = 'r'),
  'facts', (SELECT json_agg(json_build_array(kind, name, value)) FROM facts))
"""

# What psql writes to stderr is shown where it fails. Else it is a warning, and no part of the answer: a database that
# pg_upgrade has moved, say, has collations of another version than the new image.
WITHOUT_WARNINGS = """
exec 3>&1
said=$("$0" "$@" 2>&1 >&3 3>&-)
code=$?
[ "$code" = 0 ] || printf '%s\n' "$said" >&2
exit "$code"
"""


@dataclass(frozen=True)
class Server:
    """A server, and how it is asked."""

    container: str  # id of the one in which psql runs
    password: str
    host: str = ""  # empty: the socket in the same container
    user: str = "postgres"


@dataclass(frozen=True)
class Said:
    """What psql ended with, and what it printed."""

    exit: int
    text: str


@dataclass(frozen=True)
class Holdings:
    """What a database holds."""

    version: int
    encoding: str
    data: str  # the folder of the server's files
    facts: Mapping[tuple[str, str], str]  # kind and name -> what it is
    rows: Mapping[str, tuple[str, ...]]  # schema.table -> its rows as text

    def of_kind(self, *kinds: str) -> dict[tuple[str, str], str]:
        """The facts of some kinds, as CATALOG names them."""
        return {key: value for key, value in self.facts.items() if key[0] in kinds}


class Unanswered(Exception):
    """A server did not answer a question; the text is psql's."""


def psql(dock: Dock, server: Server, database: str, sql: str) -> Said:
    """Let psql ask a server; what it prints comes without headings.

    Args:
        sql: statements, which are one transaction.
    """
    environment = {
        "PGPASSWORD": server.password,
        "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS),
        "PGCLIENTENCODING": "UTF8",
        "PGTZ": "UTC",
        "PGDATESTYLE": "ISO",
        "PGOPTIONS": f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c default_transaction_read_only=off",
    }
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", server.user, "-d", database]
    command += [*(["-h", server.host] if server.host else []), "-c", sql]
    command = ["sh", "-c", WITHOUT_WARNINGS, *command]
    try:
        container = dock.engine.api.inspect_container(server.container)
    except NotFound:
        return Said(-1, "the container is gone")
    said = dock.enter(container, *command, environment=environment, seconds=ANSWER_SECONDS, most=LONGEST)
    if said is None:
        return Said(-1, "the container does not run")
    if said.exit is None:
        return Said(-1, f"no answer within {ANSWER_SECONDS} s, or one of more than {LONGEST} bytes")
    return Said(said.exit, said.output.strip())


def ask(dock: Dock, server: Server, database: str, sql: str) -> str:
    """The answer to a query.

    Raises:
        Unanswered: psql failed.
    """
    said = psql(dock, server, database, sql)
    if said.exit:
        raise Unanswered(said.text)
    return said.text


def await_answer(dock: Dock, server: Server, database: str, seconds: float) -> Said:
    """What a server says to a trivial query, asked until it answers or the time is up."""
    return until(lambda: psql(dock, server, database, "SELECT 1"), lambda said: said.exit == 0, seconds)


def holdings(dock: Dock, server: Server, database: str) -> Holdings:
    """Take down all that a database holds.

    Raises:
        Unanswered: the server did not answer, or with something else.
    """
    try:
        catalog = json.loads(ask(dock, server, database, CATALOG))
        tables = (catalog["tables"] or [])[:MOST_TABLES]
        pairs = [f"{_literal(f'{schema}.{name}')}, {_rows_of(schema, name)}" for schema, name in tables]
        rows = json.loads(ask(dock, server, database, f"SELECT json_build_object({', '.join(pairs)})"))
    except ValueError as problem:
        raise Unanswered(f"not what a server answers: {problem}") from None
    facts = {(kind, name): value or "" for kind, name, value in catalog["facts"] or ()}
    sorted_rows = {name: tuple(sorted(found or ())) for name, found in rows.items()}
    return Holdings(catalog["version"], catalog["encoding"], catalog["data"], facts, sorted_rows)


def compared(title: str, wanted: Mapping[tuple[str, str], str], seen: Mapping[tuple[str, str], str]) -> Evidence:
    """The facts that two databases do not share, as evidence."""
    lines = []
    for (kind, name), value in sorted(wanted.items()):
        if seen.get((kind, name)) != value:
            lines += [f"- {kind} {name} {value}".rstrip(), f"+ {seen.get((kind, name), '(none)') or '(the same)'}"]
    return Evidence(title, "\n".join(lines) or "(no difference)")


def _rows_of(schema: str, name: str) -> str:
    table = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
    return f"(SELECT json_agg(t) FROM (SELECT left(x::text, 4000) AS t FROM {table} x LIMIT {MOST_ROWS}) s)"  # noqa: S608 - quoted


def _literal(text: str) -> str:
    quoted = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{quoted}'"

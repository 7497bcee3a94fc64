"""The checks of the migration lab: a database moves from PostgreSQL 15 to 17."""

# ruff: noqa: S608 - the statements are made of names and numbers of the grader's own

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders import Dock, Evidence, Timeline, check, fail, partly, scene
from graders.checks import migration_shop as shops
from graders.checks.migration_shop import DATABASE, ORDERS, Shop
from graders.dock import Ran
from graders.observe.containers import Container, find_container, fragment, logs, names, overview
from graders.observe.postgres import Holdings, Server, Unanswered, await_answer, compared, holdings, psql
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import Mount, mounted, mounts

SCRIPT, SECONDS = "migrate.sh", 120
NEW, NEW_VOLUME, VERSION = "new", "new-data", 17
SETTLE_SECONDS = 15  # for the new server to answer after the script
STRUCTURE = ("table", "view", "column", "constraint", "index", "type", "sequence")


@dataclass(frozen=True)
class Moved:
    """How the script ended, and what the old server held then; None where it was gone."""

    ran: Ran
    after: Holdings | None
    problem: str


@dataclass(frozen=True)
class Arrived:
    """The new server: its container, how it is asked, and what it holds."""

    container: Container
    server: Server
    holds: Holdings


@scene
def shop(dock: Dock, dice: random.Random, timeline: Timeline) -> Shop:
    """An old server with rows, and an app that writes to it."""
    opened = shops.open_shop(dock, dice)
    timeline.mark("shop_open", "event")
    return opened


@scene
def moved(dock: Dock, shop: Shop, timeline: Timeline) -> Moved:
    """Run the script while the app writes; afterwards end the app, and take down what the old server holds."""
    ran = _run(dock, shop)
    timeline.mark("script_ended", "event")
    shops.stop_app(dock, shops.old_running(dock, shop))
    try:
        return Moved(ran, holdings(dock, shops.old_server(dock, shop), DATABASE), "")
    except Unanswered as problem:
        return Moved(ran, None, str(problem))


@scene
def arrived(dock: Dock, shop: Shop, moved: Moved) -> Arrived:
    """Ask the new server from a guest on the network, as the app would."""
    container = _container(dock)
    server = Server(shops.client(dock).id, shop.password, host=NEW)
    said = await_answer(dock, server, DATABASE, SETTLE_SECONDS)
    container = _container(dock)
    if said.exit:
        evidence = [Evidence(f"$ psql -h {NEW} -U postgres -d {DATABASE}", said.text), logs(dock, container)]
        if "does not exist" in said.text and "database" in said.text:
            fail("database_missing", evidence=evidence)
        if "password authentication failed" in said.text:
            fail("other_password", evidence=evidence)
        fail("no_answer", problem=_last_line(said.text), evidence=evidence)
    try:
        return Arrived(container, server, holdings(dock, server, DATABASE))
    except Unanswered as problem:
        fail("no_answer", problem=_last_line(str(problem)), evidence=[logs(dock, container)])


@check
def migrate_works(dock: Dock, moved: Moved) -> None:
    """migrate.sh ends well and in time."""
    if moved.ran.exit or moved.ran.ended_by:
        container = find_container(dock, NEW)
        if container and not _steady(container) and not dock.state().reached:
            _old_files(dock, container, [output_of(moved.ran)])
    succeed(dock, moved.ran, SCRIPT, SECONDS)


@check
def new_runs(dock: Dock, arrived: Arrived) -> None:
    """The new server answers in the network, is of version 17, and asks for the password."""
    if arrived.holds.version != VERSION:
        fail("wrong_version", version=arrived.holds.version, evidence=[fragment(arrived.container, "Config", "Image")])
    stranger = Server(arrived.server.container, "not-the-password", host=NEW)
    said = psql(dock, stranger, DATABASE, "SELECT 1")
    if said.exit == 0:
        partly(
            0.5, "no_password_asked", evidence=[Evidence(f"$ PGPASSWORD=wrong psql -h {NEW} -U postgres", said.text)]
        )


@check
def on_named_volume(dock: Dock, arrived: Arrived) -> None:
    """The folder that the server writes to is on the volume with the declared name."""
    found = _mount_of(mounts(dock, arrived.container), arrived.holds.data)
    if found and found.kind == "volume" and found.name == NEW_VOLUME:
        return
    evidence = [Evidence("SHOW data_directory", arrived.holds.data), mounted(arrived.container)]
    fail("not_on_named_volume", folder=arrived.holds.data, where=_kind(found), evidence=evidence)


@check
def rows_moved(shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """Every row of before is there, and there once; texts are compared by their plain letters only."""
    _not_empty(arrived, shop, moved)
    if not any(arrived.holds.rows.values()):
        fail("schema_without_data", evidence=[_counts(shop.before, arrived.holds), output_of(moved.ran)])
    wanted = _plain(shop.before)
    _complete(wanted, _plain(arrived.holds), _plain(moved.after or shop.before), [_counts(shop.before, arrived.holds)])


@check
def text_intact(shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """The database's encoding is UTF8, and every letter is as it was."""
    table, row = _broken(shop.before, arrived.holds) or ("", "")
    if row or arrived.holds.encoding != "UTF8":
        table = table or next(iter(shop.before.rows))
        row = row or shop.before.rows[table][0]
        other = next((r for r in arrived.holds.rows.get(table, ()) if _letters(r) == _letters(row)), "-")
        evidence = [Evidence(f"a row of {table}, old and new", f"{row}\n{other}")]
        fail("encoding_broken", encoding=arrived.holds.encoding, table=table, evidence=evidence)


@check
def structure_moved(shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """Tables, columns, types, constraints, indexes, views and sequences are defined as before."""
    _not_empty(arrived, shop, moved)
    wanted, seen = shop.before.of_kind(*STRUCTURE), arrived.holds.of_kind(*STRUCTURE)
    if _broken(shop.before, arrived.holds):  # then their texts are, too, which is told by text_intact
        wanted, seen = ({key: _letters(value) for key, value in facts.items()} for facts in (wanted, seen))
    if lost := _lost(wanted, seen):
        fail("definitions_lost", count=len(lost), what=_some(lost), evidence=[compared("old and new", wanted, seen)])


@check
def sequences_go_on(shop: Shop, arrived: Arrived) -> None:
    """No sequence gives a number again that the old server has given."""
    seen, given = arrived.holds.of_kind("number"), shop.before.of_kind("number")
    evidence = [compared("last numbers, old and new", given, seen)]
    for key, value in given.items():
        number = seen.get(key, "-")
        if value != "-" and (number == "-" or int(number) < int(value)):
            fail("sequence_reset", sequence=key[1], old=value, new=number, evidence=evidence)
    number, newest = seen[shops.ORDERS_NUMBER], shops.newest_in(arrived.holds)
    if int(number) < newest:  # what the app wrote last was moved after it
        fail("sequence_behind", sequence=shops.ORDERS_NUMBER[1], newest=newest, new=number, evidence=evidence)


@check
def owners_and_roles(dock: Dock, shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """Roles, owners and rights are as before, and the app's role can write with its old password."""
    _not_empty(arrived, shop, moved)
    for kind, cause in (("role", "role_lost"), ("owner", "owner_lost"), ("right", "rights_lost")):
        wanted, seen = shop.before.of_kind(kind), arrived.holds.of_kind(kind)
        if kind != "role":  # of what is not there at all, which is told by structure_moved, there is no owner either
            there = {name for _, name in arrived.holds.of_kind("owner")}
            wanted = {key: value for key, value in wanted.items() if key[1].partition(": ")[0] in there}
        if lost := _lost(wanted, seen):
            # What is as in an old server that was changed before has not been lost on the way.
            changed = moved.after is not None and not _lost(moved.after.of_kind(kind), seen)
            evidence = [compared("old and new", wanted, seen)]
            if kind == "role" and not _lost(*map(_attributes, (wanted, seen))):
                cause = "membership_lost"
            fail("old_data_touched" if changed else cause, what=_some(lost), evidence=evidence)
    clerk = Server(arrived.server.container, shop.clerk_password, host=NEW, user=shop.clerk)
    said = psql(dock, clerk, DATABASE, f"INSERT INTO {ORDERS} (customer, note) VALUES (1, '검사') RETURNING id")
    if said.exit and "password authentication" in said.text:
        fail("password_lost", role=shop.clerk, evidence=[Evidence(f"$ psql -h {NEW} -U {shop.clerk}", said.text)])
    # A number given twice, or a customer or a table that is missing, is told by other checks.
    if said.exit and not re.search(r"duplicate key|foreign key|does not exist", said.text):
        fail("rights_lost", what=_last_line(said.text), evidence=[Evidence("INSERT INTO sales.orders", said.text)])


@check
def late_writes_there(shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """What the app wrote until it was stopped is in the new server, too."""
    after = _old_holds(moved)
    late = Counter(_plain(after)[ORDERS]) - Counter(_plain(shop.before)[ORDERS])
    missing = late - Counter(_plain(arrived.holds)[ORDERS])
    if missing:
        counts = {"missing": sum(missing.values()), "late": sum(late.values())}
        fail("late_writes_missing", **counts, evidence=[_counts(after, arrived.holds), output_of(moved.ran)])


@check
def old_untouched(shop: Shop, moved: Moved) -> None:
    """The old server still comes up on its volume, and holds what it held."""
    after = _old_holds(moved)
    for table, rows in shop.before.rows.items():
        had, has = Counter(rows), Counter(after.rows.get(table, ()))
        if had - has or (table != ORDERS and has - had):
            fail("old_data_touched", what=f"{table}: {sum((had - has).values())} rows lost or changed", evidence=[
                _counts(shop.before, after)])  # fmt: skip
    kinds = (*STRUCTURE, "owner", "right")
    wanted, seen = shop.before.of_kind(*kinds, "role"), after.of_kind(*kinds, "role")
    if lost := _lost(wanted, seen):
        fail("old_data_touched", what=_some(lost), evidence=[compared("before and after", wanted, seen)])
    if added := _lost(after.of_kind(*kinds), wanted):
        evidence = [compared("after and before", after.of_kind(*kinds), wanted)]
        fail("old_data_touched", what=_some(added), evidence=evidence)


@check
def second_run_harmless(dock: Dock, shop: Shop, moved: Moved, arrived: Arrived) -> None:
    """After a second run, whatever its exit code, the new server holds every row, and holds it once."""
    ran = _run(dock, shop)
    evidence = [output_of(ran)]
    said = await_answer(dock, arrived.server, DATABASE, SETTLE_SECONDS)
    try:
        if said.exit:
            raise Unanswered(said.text)
        holds = holdings(dock, arrived.server, DATABASE)
    except Unanswered as problem:
        seen = Evidence(f"$ psql -h {NEW} -U postgres -d {DATABASE}", str(problem))
        fail("second_run_breaks", what=_last_line(str(problem)), evidence=[*evidence, seen, overview(dock)])
    for table, rows in (moved.after or shop.before).rows.items():
        had, has = Counter(rows), Counter(holds.rows.get(table, ()))
        twice = {row for row in had if has[row] > had[row]}
        if twice:
            fail("second_run_doubles", table=table, had=len(rows), has=sum(has.values()), evidence=evidence)
        if sum((had - has).values()) > sum((had - Counter(arrived.holds.rows.get(table, ()))).values()):
            evidence.append(_counts(moved.after or shop.before, holds))
            fail("second_run_breaks", what=f"{table}: {sum((had - has).values())} rows", evidence=evidence)


@check
def stops_on_error(dock: Dock, shop: Shop, arrived: Arrived, dice: random.Random) -> None:
    """Where the new server refuses something, or the old one cannot read something, the script does not end with 0."""
    there = "SELECT count(*) FROM pg_available_extensions WHERE name = 'adminpack'"
    if psql(dock, arrived.server, DATABASE, there).text != "0":
        raise RuntimeError("the new server knows the extension adminpack")
    shop = shops.clear(dock, dice, shop)
    old = shops.old_server(dock, shop)
    # The view is for those who dump the schema alone, which leaves extensions out.
    unknown = "CREATE EXTENSION adminpack; CREATE VIEW sales.gone AS SELECT pg_catalog.pg_file_unlink('none') AS done"
    _must(psql(dock, old, DATABASE, unknown).exit == 0, "no extension adminpack in the old server")
    _fails(dock, shop, "restore_error_ignored")
    shop = shops.clear(dock, dice, shop)
    old = shops.old_server(dock, shop)
    damaged = f"damaged_{dice.randrange(1000, 10000)}"
    psql(dock, old, DATABASE, "DROP EXTENSION IF EXISTS adminpack CASCADE")
    psql(dock, old, DATABASE, f"CREATE TABLE sales.{damaged} AS SELECT 1 AS id")
    lose = f"UPDATE pg_class SET relfilenode = 987654 WHERE oid = 'sales.{damaged}'::regclass"
    psql(dock, old, DATABASE, lose)  # its file is not found any more, as after a fault of the disk
    _must(psql(dock, old, DATABASE, f"SELECT * FROM sales.{damaged}").exit != 0, "the table could not be damaged")
    _fails(dock, shop, "dump_error_ignored", table=f"sales.{damaged}")


def _run(dock: Dock, shop: Shop) -> Ran:
    return run_script(dock, SCRIPT, {"PASSWORD": shop.password}, SECONDS)


def _fails(dock: Dock, shop: Shop, cause: str, **facts: str) -> None:
    """Run the script, which shall not end with 0."""
    ran = _run(dock, shop)
    if ran.ended_by:
        succeed(dock, ran, SCRIPT, SECONDS)
    if ran.exit == 0:
        fail(cause, **facts, evidence=[output_of(ran)])


def _must(fact: bool, problem: str) -> None:
    if not fact:
        raise RuntimeError(problem)


def _steady(container: Container) -> bool:
    return bool(container.running and not container.raw["State"]["Restarting"])


def _container(dock: Dock) -> Container:
    """The new server's container, which must run."""
    container = find_container(dock, NEW)
    if container is None:
        fail("container_missing", names=", ".join(names(dock)) or "-", evidence=[overview(dock)])
    if not _steady(container):
        _old_files(dock, container, [])
        evidence = [overview(dock), logs(dock, container)]
        fail("container_stopped", code=container.exit_code, evidence=evidence)
    return container


def _old_files(dock: Dock, container: Container, evidence: Sequence[Evidence]) -> None:
    """Fail where a server ended because it found the files of another version."""
    script = 'find "$@" -maxdepth 3 -name PG_VERSION -path "*[!0-9]/PG_VERSION" -exec cat {} + 2> /dev/null || true'
    folders = [raw["Source"] for raw in container.raw["Mounts"] if raw.get("Source")]
    if not folders:
        return
    versions = dock.output("sh", "-c", script, "find", *folders).split()
    log = logs(dock, container)
    if "15" in versions and re.search(r"incompatible with server|not compatible|old.*(format|version)", log.text):
        fail("old_files_mounted", evidence=[log, mounted(container), *evidence])


def _mount_of(found: Mapping[str, Mount], folder: str) -> Mount | None:
    """What is mounted at a folder, or at the nearest one above it."""
    above = [path for path in found if folder == path or folder.startswith(path.rstrip("/") + "/")]
    nearest = max(above, key=len, default="/")
    return found.get(nearest) if nearest != "/" else None


def _kind(mount: Mount | None) -> str:
    if mount is None:
        return "-"
    if mount.anonymous:
        return f"volume {mount.name[:12]}..."
    return f"{mount.kind or 'tmpfs'} {mount.name or mount.source}".strip()


def _not_empty(arrived: Arrived, shop: Shop, moved: Moved) -> None:
    if not arrived.holds.rows:
        fail("dump_empty", count=len(shop.before.rows), evidence=[output_of(moved.ran)])


def _old_holds(moved: Moved) -> Holdings:
    if moved.after is None:
        fail("old_data_touched", what=_last_line(moved.problem), evidence=[output_of(moved.ran)])
    return moved.after


def _letters(row: str) -> str:
    """A row without what a wrong encoding changes."""
    return re.sub(r'[^ -~]|[?"]', "", row)


def _broken(before: Holdings, holds: Holdings) -> tuple[str, str] | None:
    """A table and a row of it that is there with its plain letters only."""
    for table, rows in before.rows.items():
        plain = set(map(_letters, holds.rows.get(table, ())))
        for row in Counter(rows) - Counter(holds.rows.get(table, ())):
            if _letters(row) in plain:
                return table, row
    return None


def _plain(holds: Holdings) -> dict[str, list[str]]:
    return {table: [_letters(row) for row in rows] for table, rows in holds.rows.items()} | (
        {} if ORDERS in holds.rows else {ORDERS: []}
    )


def _complete(
    wanted: Mapping[str, list[str]],
    seen: Mapping[str, list[str]],
    known: Mapping[str, list[str]],
    evidence: list[Evidence],
) -> None:
    """Fail unless each table has all rows that are wanted, and none twice."""
    for table, rows in wanted.items():
        had, has = Counter(rows), Counter(seen.get(table, ()))
        missing = sum((had - has).values())
        if missing:
            fail("rows_missing", table=table, missing=missing, count=len(rows), evidence=evidence)
        known_here = Counter(known.get(table, ()))
        if any(has[row] > max(known_here[row], had[row]) for row in has if row in known_here or table != ORDERS):
            fail("rows_doubled", table=table, had=len(rows), has=sum(has.values()), evidence=evidence)


def _lost(wanted: Mapping[tuple[str, str], str], seen: Mapping[tuple[str, str], str]) -> list[str]:
    return [f"{kind} {name}" for (kind, name), value in sorted(wanted.items()) if seen.get((kind, name)) != value]


def _attributes(roles: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Roles without what they are members of."""
    return {key: value.partition(" in ")[0] for key, value in roles.items()}


def _some(what: Sequence[str]) -> str:
    return ", ".join(what[:3]) + (", ..." if len(what) > 3 else "")


def _counts(old: Holdings, new: Holdings) -> Evidence:
    lines = [f"{table}: {len(rows)} -> {len(new.rows.get(table, ()))}" for table, rows in sorted(old.rows.items())]
    return Evidence("rows, old -> new", "\n".join(lines))


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "-"

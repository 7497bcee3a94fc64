"""The shop of the migration lab: its old server, the app that writes to it, and what both hold; by the grader."""

# ruff: noqa: S608 - the statements are made of names and numbers of the grader's own

from __future__ import annotations

import contextlib
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docker.errors import APIError, NotFound

from graders.dock import Dock
from graders.observe.containers import Container, find_container, find_network
from graders.observe.guests import GUEST_LABELS
from graders.observe.postgres import Holdings, Server, Unanswered, ask, await_answer, holdings
from graders.observe.scripts import as_handed_in
from graders.observe.storage import find_volume
from graders.observe.waiting import until

NETWORK, DATABASE = "shop", "shop"
OLD, OLD_VOLUME, APP = "old", "old-data", "app"
ORDERS = "sales.orders"  # the table that the app writes to
ORDERS_NUMBER = ("number", f"{ORDERS}_id_seq")  # what gives its rows their numbers, as a fact of Holdings
FILES = "/var/lib/postgresql/data"
READY_SECONDS = 60
APP_SECONDS = 30  # for the app to write
AGAIN_SECONDS = 10  # likewise, where another shop is opened if it does not
MORE_SECONDS = 3  # for an app that still writes to show it
WORDS = ("감귤 상자", "Crème brûlée", "Straße 7", "東京の本", "한글 사전 📚", "naïve café", "깃발과 닻 ⚓", "Ωmega")

# The app keeps a session, and comes back when the server does.
WRITER = """
while :; do
  while :; do
    echo "INSERT INTO sales.orders (customer, price, note) VALUES (1, 9900, '주문 $RANDOM');"
    sleep 0.1
  done | psql -X -q -v ON_ERROR_STOP=1 > /dev/null
  sleep 0.2
done
"""

SCHEMA = """
CREATE ROLE {owner} NOLOGIN;
CREATE ROLE {staff} NOLOGIN;
CREATE ROLE {clerk} LOGIN PASSWORD '{clerk_password}' IN ROLE {staff};
CREATE SCHEMA sales AUTHORIZATION {owner};
GRANT USAGE ON SCHEMA sales TO {staff};
SET ROLE {owner};
CREATE TYPE sales.state AS ENUM ('new', 'paid', '배송');
CREATE DOMAIN sales.price AS numeric(12,2) CHECK (VALUE >= 0);
CREATE TABLE sales.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE, born date,
  balance numeric(24,10), active boolean, tags text[], details jsonb, key uuid, photo bytea, address inet,
  since timestamptz, score double precision);
CREATE TABLE sales.orders (
  id serial PRIMARY KEY, customer bigint NOT NULL REFERENCES sales.customers ON DELETE RESTRICT,
  state sales.state NOT NULL DEFAULT 'new', price sales.price, note text,
  placed timestamptz NOT NULL DEFAULT clock_timestamp(),
  with_tax numeric GENERATED ALWAYS AS (price * 1.1) STORED);
CREATE TABLE sales.events (at timestamptz, what text);
CREATE TABLE sales.{extra} (id int, part text, CHECK (length(part) < 60), PRIMARY KEY (id, part));
CREATE INDEX customers_by_name ON sales.customers (lower(name));
CREATE INDEX customers_by_details ON sales.customers USING gin (details);
CREATE UNIQUE INDEX one_open_order ON sales.orders (customer, note) WHERE state = '배송';
CREATE SEQUENCE sales.invoices START 1000 INCREMENT 7;
CREATE VIEW sales.totals AS SELECT customer, sum(price) AS total FROM sales.orders GROUP BY customer;
GRANT SELECT, INSERT ON sales.orders TO {staff};
GRANT SELECT ON sales.customers TO {staff};
GRANT USAGE ON SEQUENCE sales.orders_id_seq TO {staff};
RESET ROLE;
{rows}
SELECT max(nextval('sales.invoices')) FROM generate_series(1, {invoices});
DELETE FROM sales.orders WHERE id > {orders} - 3;
"""


@dataclass(frozen=True)
class Shop:
    """The shop as it is before the script runs."""

    old: str  # id of the old server's container
    password: str  # of the superuser
    clerk: str
    clerk_password: str
    before: Holdings


def open_shop(dock: Dock, dice: random.Random) -> Shop:
    """Start the old server and the app, with roles, rows and passwords that nobody could know before."""
    api = dock.engine.api
    password, clerk_password = (f"{dice.randrange(16**12):012x}" for _ in range(2))
    number = dice.randrange(1000, 10000)
    names = {"owner": f"owner_{number}", "staff": f"staff_{number}", "clerk": f"clerk_{number}"}
    if find_network(dock, NETWORK) is None:
        api.create_network(NETWORK, driver="bridge")
    api.create_volume(OLD_VOLUME)
    old = _make_old(dock, password)
    api.start(old)
    _await_tcp(dock, old, password)
    server = Server(old, password)
    extra = f"stock_{dice.randrange(1000, 10000)}"  # a table that no list of tables could name
    rows, orders = _rows(dice, number, extra)
    filled = SCHEMA.format(
        **names, clerk_password=clerk_password, extra=extra, invoices=dice.randrange(20, 90), rows=rows, orders=orders
    )
    ask(dock, server, DATABASE, filled)
    before = holdings(dock, server, DATABASE)
    shop = Shop(old, password, names["clerk"], clerk_password, before)
    start_app(dock, shop)
    await_orders(dock, server, newest(dock, server) + 3, APP_SECONDS)
    return shop


def start_app(dock: Dock, shop: Shop) -> None:
    """Start the app; one that is there is replaced, as it may have been paused, or taken off the network."""
    api = dock.engine.api
    with contextlib.suppress(NotFound):
        api.remove_container(APP, force=True, v=True)
    settings = {"PGHOST": OLD, "PGDATABASE": DATABASE, "PGUSER": shop.clerk, "PGPASSWORD": shop.clerk_password}
    made = api.create_container(
        dock.image_ids["postgres-15"],
        ["bash", "-c", WRITER],
        name=APP,
        entrypoint=[],
        environment=settings,
        stop_signal="SIGTERM",  # the image's, SIGINT, is none that a shell ends by
        host_config=api.create_host_config(network_mode=NETWORK, init=True, tmpfs={FILES: ""}),
    )
    api.start(made["Id"])


def stop_app(dock: Dock, server: Server | None) -> None:
    """End an app that still runs; but first let it write once more, so that what a script missed can be seen."""
    there = find_container(dock, APP)
    if there is None or not there.running or there.raw["State"]["Paused"]:
        return
    if server:
        with contextlib.suppress(Unanswered, RuntimeError):
            await_orders(dock, server, newest(dock, server) + 1, MORE_SECONDS)
    with contextlib.suppress(APIError):  # it may have ended meanwhile
        dock.engine.api.kill(there.id)


def newest(dock: Dock, server: Server) -> int:
    """The number of the newest order."""
    return int(ask(dock, server, DATABASE, f"SELECT coalesce(max(id), 0) FROM {ORDERS}"))


def newest_in(holds: Holdings) -> int:
    """Likewise, in what a database holds: a row's text begins with its number."""
    return max((int(row[1:].partition(",")[0]) for row in holds.rows.get(ORDERS, ())), default=0)


def await_orders(dock: Dock, server: Server, number: int, seconds: float) -> None:
    """Wait until the app has written an order with this number.

    Raises:
        RuntimeError: it did not.
    """
    if until(lambda: newest(dock, server), lambda last: last >= number, seconds) < number:
        raise RuntimeError(f"no order {number} within {seconds:.0f} s")


def old_running(dock: Dock, shop: Shop) -> Server | None:
    """The old server, where it runs just now."""
    there = find_container(dock, OLD)
    return Server(there.id, shop.password) if there and there.running and not there.raw["State"]["Paused"] else None


def old_server(dock: Dock, shop: Shop) -> Server:
    """The old server, started where it does not run, and under its name; a new one on its volume where it is gone.

    Raises:
        Unanswered: there is no volume, or no server comes up on it.
    """
    api = dock.engine.api
    there = find_container(dock, OLD) or _old_again(dock, shop)
    if there.raw["State"]["Paused"]:
        api.unpause(there.id)
    elif not there.running:
        with contextlib.suppress(APIError):  # what it cannot do shows when it is asked
            api.start(there.id)
    server = Server(there.id, shop.password)
    said = await_answer(dock, server, DATABASE, READY_SECONDS if find_volume(dock, OLD_VOLUME) else 2)
    if said.exit:
        raise Unanswered(said.text)
    return server


def client(dock: Dock) -> Container:
    """A guest on the shop's network in which psql can run."""
    return _guest(dock, "postgres-17", ["sleep", "3600"], network_mode=NETWORK, tmpfs={FILES: ""})


def clear(dock: Dock, dice: random.Random, shop: Shop) -> Shop:
    """Take away all but the old data and the app, and open the shop again; another where the app cannot write to this.

    For there are many ways to stop an app for good that leave the data as it is: a setting of the database, say.
    The old server gets another container, as files that a script left in the layer of the first would let the next
    run fail by luck: `pg_dump -Fd -f FOLDER` for one wants a new folder.
    """
    _remove_all_but(dock, {APP}, {OLD_VOLUME})
    as_handed_in(dock)
    try:
        server = old_server(dock, shop)
        start_app(dock, shop)
        await_orders(dock, server, newest(dock, server) + 1, AGAIN_SECONDS)
    except (Unanswered, RuntimeError):
        _remove_all_but(dock, set(), set())
        return open_shop(dock, dice)
    return replace(shop, old=server.container)


def _remove_all_but(dock: Dock, containers: Collection[str], volumes: Collection[str]) -> None:
    """Remove the student's containers, volumes and networks, and the shop's that are not named."""
    api = dock.engine.api
    label, value = next(iter(GUEST_LABELS.items()))
    for raw in api.containers(all=True):
        if any(f"/{name}" in raw["Names"] for name in containers) or raw["Labels"].get(label) == value:
            continue
        with contextlib.suppress(NotFound):
            api.remove_container(raw["Id"], force=True, v=True)
    for volume in api.volumes()["Volumes"] or ():
        if volume["Name"] not in volumes:
            with contextlib.suppress(APIError):  # one in use belongs to the shop
                api.remove_volume(volume["Name"])
    for network in api.networks():
        if network["Name"] not in (NETWORK, "bridge", "host", "none"):
            with contextlib.suppress(APIError):  # likewise
                api.remove_network(network["Id"])


def _await_tcp(dock: Dock, container: str, password: str) -> None:
    """Wait for the server itself: that of the image's set-up listens at its socket only."""
    said = await_answer(dock, Server(container, password, host="127.0.0.1"), DATABASE, READY_SECONDS)
    if said.exit:
        raise RuntimeError(f"the grader's own server does not answer: {said.text}")


def _make_old(dock: Dock, password: str) -> str:
    """Create the old server's container on its volume; its id."""
    api = dock.engine.api
    made = api.create_container(
        dock.image_ids["postgres-15"],
        name=OLD,
        environment={"POSTGRES_PASSWORD": password, "POSTGRES_DB": DATABASE},
        volumes=[FILES],
        host_config=api.create_host_config(binds=[f"{OLD_VOLUME}:{FILES}"], network_mode=NETWORK),
    )
    return str(made["Id"])


def _old_again(dock: Dock, shop: Shop) -> Container:
    """The old server's container where there is none of its name: it was renamed, or is made again on its volume."""
    renamed = find_container(dock, shop.old)
    if renamed:
        dock.engine.api.rename(renamed.id, OLD)
    elif find_volume(dock, OLD_VOLUME) is None:
        raise Unanswered(f"no volume {OLD_VOLUME}")
    found = find_container(dock, renamed.id if renamed else _make_old(dock, shop.password))
    assert found
    return found


def _guest(dock: Dock, image: str, command: Sequence[str] | None, **settings: Any) -> Container:
    api = dock.engine.api
    made = api.create_container(
        dock.image_ids[image],
        list(command) if command else None,
        labels=GUEST_LABELS,
        entrypoint=[] if command else None,
        host_config=api.create_host_config(**settings),
    )
    api.start(made["Id"])
    found = find_container(dock, made["Id"])
    if found is None:
        raise NotFound("a guest of the grader's disappeared while it started")
    return found


def _rows(dice: random.Random, number: int, extra: str) -> tuple[str, int]:
    """Statements that fill the tables, and how many orders they make."""
    customers, orders = dice.randrange(25, 40), dice.randrange(40, 70)
    values = []
    for index in range(customers):
        name = f"{dice.choice(WORDS)} {dice.randrange(10**6)}"
        values.append(
            f"('{name}', '{index}-{number}@example.kr', date '1960-01-01' + {dice.randrange(15000)},"
            f" {dice.randrange(10**9)}.{dice.randrange(10**10):010}, {dice.choice(('true', 'false', 'null'))},"
            f" ARRAY['{dice.choice(WORDS)}', 'a,b'], '{{\"n\": {dice.randrange(10**6)}, \"말\": \"{name}\"}}',"
            f" md5('{name}')::uuid, decode(md5('{name}'), 'hex'), '10.0.{index}.{dice.randrange(256)}',"
            f" timestamptz '2020-01-01 00:00+09' + {dice.randrange(10**8)} * interval '1 second', {dice.random()!r})"
        )
    columns = "name, email, born, balance, active, tags, details, key, photo, address, since, score"
    bought = [
        f"({dice.randrange(1, customers)}, 'paid', {dice.randrange(10**6)}.{dice.randrange(100):02}, "
        f"'{dice.choice(WORDS)} {dice.randrange(10**6)}')"
        for _ in range(orders)
    ]
    happened = [f"(now() - {dice.randrange(10**6)} * interval '1 s', '{dice.choice(WORDS)}')" for _ in range(30)]
    stock = [f"({index}, '{dice.choice(WORDS)} {dice.randrange(10**6)}')" for index in range(25)]
    rows = [
        f"INSERT INTO sales.customers ({columns}) VALUES {', '.join(values)};",
        f"INSERT INTO sales.orders (customer, state, price, note) VALUES {', '.join(bought)};",
        f"INSERT INTO sales.events VALUES {', '.join(happened)};",
        f"INSERT INTO sales.{extra} VALUES {', '.join(stock)};",
    ]
    return "\n".join(rows), orders

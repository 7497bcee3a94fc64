"""A store on PostgreSQL, a real one: all that every store does, and what this one's server can do to it."""

import itertools
import secrets
import time
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from graders.classes.store import Store, StoreError
from graders.dock import images, watcher
from graders.dock.engine import engine, engine_host
from tests.unit.test_store import *  # noqa: F403 - each of its tests runs here on PostgreSQL
from tests.unit.test_store import job, stored

pytestmark = pytest.mark.docker
READY_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A server, and its owner's password."""

    container: object
    port: int
    password: str
    numbers: itertools.count

    def address(self, database, user="postgres", password=None):
        login = f"{user}:{self.password if password is None else password}"
        return f"postgresql+psycopg://{login}@{engine_host()}:{self.port}/{database}"

    def do(self, *statements, database="postgres"):
        """Run statements as the owner, each for itself."""
        login = {"host": engine_host(), "port": self.port, "user": "postgres", "password": self.password}
        with psycopg.connect(dbname=database, autocommit=True, connect_timeout=30, **login) as connection:
            return [connection.execute(statement) for statement in statements]

    def new_database(self, options="ENCODING 'UTF8'"):
        name = f"class{next(self.numbers)}"
        self.do(SQL("CREATE DATABASE {} TEMPLATE template0 " + options).format(Identifier(name)))
        return name


@pytest.fixture(scope="module")
def server(eventually, report):
    image = images.ensure(["postgres-17"])["postgres-17"]
    watcher.watch()
    began = time.monotonic()
    password = secrets.token_hex(12)
    container = engine().containers.run(
        image,
        ["-c", "max_connections=200"],
        environment={"POSTGRES_PASSWORD": password, "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C.UTF-8"},
        detach=True,
        labels=watcher.labels(),
        ports={"5432/tcp": ("127.0.0.1", None)},
        shm_size="128m",
        tmpfs={"/var/lib/postgresql/data": "size=2g"},
    )
    try:
        container.reload()
        port = int(container.ports["5432/tcp"][0]["HostPort"])
        found = Server(container, port, password, itertools.count())

        def answers():
            try:
                return found.do("SELECT 1")
            except psycopg.OperationalError:
                return None

        eventually(answers, READY_SECONDS)
        report(f"postgresql: ready after {time.monotonic() - began:.1f} s")
        yield found
    finally:
        container.remove(force=True, v=True)


@pytest.fixture
def database(server):
    return server.new_database()


@pytest.fixture
def url(server, database):
    return server.address(database)


def test_a_store_says_where_it_is_without_the_password(server, database, store):
    assert store.where == f"postgresql://postgres@{engine_host()}:{server.port}/{database}"
    assert server.password not in repr(store)


def test_a_wrong_password_is_not_printed(server, database):
    with pytest.raises(StoreError, match=r"does not answer .*password authentication failed") as refused:
        Store(server.address(database, password="hunter2hunter2"))

    assert "hunter2" not in str(refused.value)
    assert server.password not in str(refused.value)


def test_a_database_that_is_not_there_is_named(server):
    with pytest.raises(StoreError, match=r'/nothing does not answer .*database "nothing" does not exist'):
        Store(server.address("nothing"))


def test_a_database_that_cannot_keep_korean_is_refused_with_the_command_for_another(server):
    name = server.new_database("ENCODING 'SQL_ASCII' LOCALE 'C'")

    with pytest.raises(StoreError, match=r"keeps texts as SQL_ASCII; a store needs UTF8\. Make another: createdb"):
        Store(server.address(name))


def test_another_programs_tables_may_be_beside_a_store(server, database, url):
    server.do(SQL("CREATE TABLE alembic_version (version_num TEXT)"), database=database)

    with Store(url) as store:
        assert store.put(stored())


def test_a_user_who_may_not_make_tables_is_told_what_right_is_missing(server, database):
    server.do(SQL("CREATE ROLE {} LOGIN PASSWORD 'reader'").format(Identifier(f"reader_{database}")))

    with pytest.raises(StoreError, match=r"can be read but not written to .*permission denied for schema public"):
        Store(server.address(database, f"reader_{database}", "reader"))


def test_a_database_that_is_read_only_can_be_read(server, database, url):
    with Store(url) as store:
        store.put(stored())
    server.do(SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(Identifier(database)))

    with Store(url) as store:
        assert store.has(job().key)
        with pytest.raises(StoreError, match=r"can be read but not written to .*read-only transaction"):
            store.put(stored("lee"))


def test_no_plan_is_kept_from_when_a_table_was_smaller(store):
    for _ in range(12):  # the driver prepares what is asked more than five times, and the server keeps a plan after ten
        store.missing([job().key])
    with store._database.reading() as connection:
        prepared = connection.exec_driver_sql("SELECT generic_plans, custom_plans FROM pg_prepared_statements").all()

    assert any(anew for _, anew in prepared)
    assert [kept for kept, _ in prepared if kept] == []


def test_a_locked_table_says_so_after_the_wait(server, database, url):
    login = {"host": engine_host(), "port": server.port, "user": "postgres", "password": server.password}
    with Store(url, wait=0.3) as store:
        with psycopg.connect(dbname=database, **login) as other:
            other.execute("LOCK TABLE results IN EXCLUSIVE MODE")
            with pytest.raises(StoreError, match=r"did not get free within 0\.3 s\. Nothing was written"):
                store.put(stored())
            other.rollback()

        assert store.put(stored())


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "There is no room to write"),
        ("XX001", "is damaged"),
        ("57P01", "does not answer"),
        ("22000", "refused"),
    ],
)
def test_what_a_server_says_is_understood_by_its_code(server, database, store, state, said):
    server.do(
        SQL(
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'as the test wants it' USING ERRCODE = {}; END $$"
        ).format(Literal(state)),
        SQL("CREATE TRIGGER fault BEFORE INSERT ON results EXECUTE FUNCTION fault()"),
        database=database,
    )

    with pytest.raises(StoreError, match=f"{said} .*as the test wants it"):
        store.put(stored())

    server.do(SQL("DROP TRIGGER fault ON results"), database=database)
    assert store.put(stored())


def test_a_server_that_was_started_again_is_asked_again(server, store):
    store.put(stored())
    server.do(SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))

    assert store.put(stored("lee"))
    assert store.has(job().key)


def test_a_server_whose_process_is_killed_loses_nothing(server, database, store, eventually):
    for number in range(20):
        store.put(stored(str(number)))
    (found,) = server.do(
        SQL("SELECT pid FROM pg_stat_activity WHERE datname = {}").format(Literal(database)), database="postgres"
    )
    for (pid,) in found:
        server.container.exec_run(("sh", "-c", f"kill -9 {pid}"))

    def put_one():
        try:
            return store.put(stored("after"))
        except StoreError as problem:
            return None if problem.code == "unreachable" else pytest.fail(str(problem))

    eventually(put_one, READY_SECONDS)
    students = [one.job.student for one in store.results("networking")]
    assert students == [*map(str, range(20)), "after"]

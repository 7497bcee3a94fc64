"""A store in a file: what happens when the file, the disk or another process is in the way."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from graders.classes.addresses import read_address, shown, without_secrets
from graders.classes.store import Job, Store, Stored, StoreError, file_address
from graders.scorecards.samples import sample_cards
from graders.texts import HERE, catalogue

CARD = replace(sample_cards()["perfect"], digest="content")
NOBODY = 65534
ROUNDS = 12


def stored(student="kim"):
    return Stored(Job(student, "networking", "1", "content", "images", "0.1.0"), "", None, CARD, datetime.now(UTC))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    with Store(file_address(path), wait=0.2) as opened:
        yield opened


@contextlib.contextmanager
def writing(path):
    """Another process's transaction."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def open_again(path):
    return Store(file_address(path), wait=0.2)


def setting(store, name):
    with store._database.reading() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def python(program, *arguments, **more):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


# --- Settings ---------------------------------------------------------------------------------------------------


def test_a_file_has_a_log_of_changes_that_is_on_the_disk_before_a_result_counts(store):
    assert setting(store, "journal_mode") == "wal"
    assert setting(store, "synchronous") == 2  # FULL
    assert setting(store, "busy_timeout") == 200


def test_a_closed_store_is_one_file(path):
    with Store(file_address(path)) as store:
        store.put(stored())

    assert os.listdir(path.parent) == ["store.db"]


@pytest.mark.parametrize(
    "name", ["a b.db", "a?mode=ro&uri=true.db", "100%.db", "%41#é.db", "a@b:c.db", "김.db", "\\.db"]
)
def test_a_file_may_have_any_name(tmp_path, name):
    with Store(file_address(tmp_path / name)) as store:
        store.put(stored())

        assert store.where == str(tmp_path / name)
        assert name in os.listdir(tmp_path)


def test_a_store_shows_where_it_is(store, path):
    assert repr(store) == f"Store('{path}')"


# --- Another process --------------------------------------------------------------------------------------------


def test_a_locked_store_says_so_after_the_wait_and_what_to_do(store, path):
    with writing(path):
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"did not get free within 0\.2 s\. Nothing was written\. Let the other"):
            store.put(stored())
        waited = time.monotonic() - began

    assert 0.2 <= waited < 10
    assert store.put(stored())


def test_a_locked_store_can_be_read_and_opened(store, path):
    store.put(stored())
    with writing(path) as other:
        other.execute("DELETE FROM results")

        assert store.has(stored().job.key)
        with Store(file_address(path), wait=0.2) as second:
            assert len(list(second.results("networking"))) == 1


def test_a_result_that_is_there_is_told_while_another_writes(store, path):
    store.put(stored())
    with writing(path):
        assert store.put(stored()) is False


def test_a_writer_waits_for_another_that_ends_in_time(path):
    program = """
        import sqlite3, sys
        other = sqlite3.connect(sys.argv[1], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        sys.stdin.read()
        other.execute("COMMIT")
    """
    with Store(file_address(path), wait=60) as store, python(program, path, stdin=subprocess.PIPE) as other:
        assert other.stdout.readline() == "locked\n"
        other.stdin.close()

        assert store.put(stored())


# --- The file ---------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_left_as_it_is(path):
    path.write_text("These are my notes.\n" * 100)

    with pytest.raises(StoreError, match=r"is not a store: it is no SQLite database \(file is not a database\)"):
        Store(file_address(path))

    assert path.read_text() == "These are my notes.\n" * 100
    assert os.listdir(path.parent) == ["store.db"]


def test_another_programs_database_is_left_as_it_is(path):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE moz_places (url TEXT)")
    content = path.read_bytes()

    with pytest.raises(StoreError, match=r"is somebody else's: it has tables that are not Drydock's \(moz_places\)"):
        Store(file_address(path))

    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["store.db"]


def test_an_empty_file_becomes_a_store(path):
    path.touch()

    with Store(file_address(path)) as store:
        assert store.put(stored())


def test_a_damaged_file_says_what_to_do(path):
    with Store(file_address(path)) as store:
        for number in range(40):
            store.put(stored(str(number)))
    content = bytearray(path.read_bytes())
    content[3 * 4096 :] = b"\x55" * (len(content) - 3 * 4096)
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"is damaged .*Copy it away before anything else"), open_again(path) as store:
        list(store.results("networking"))


@pytest.mark.parametrize("missing", ["folder/that/is/not/there/store.db", "."])
def test_a_file_that_cannot_be_opened_says_so(tmp_path, missing):
    with pytest.raises(StoreError, match=r"cannot be opened \(unable to open database file\)\. Make its folder"):
        Store(file_address(tmp_path / missing))


AS_NOBODY = """
    import os, sys
    sys.path[:0] = [sys.argv[2]]
    import test_store_sqlite as here
    from graders.classes.migrating import scripts
    str(here.StoreError("full")), list(scripts().walk_revisions())  # a checkout may be closed to others
    if not os.geteuid():
        os.setuid(here.NOBODY)
    try:
        with here.Store(sys.argv[1]) as store:
            print("has", store.has(here.stored().job.key))
            store.put(here.stored("lee"))
    except here.StoreError as problem:
        print(problem.code, problem)
"""


@pytest.mark.parametrize(
    ("of_folder", "of_file", "said"),
    [
        (
            0o777,
            0o444,
            r"has True\nread_only .* can be read but not written to \(attempt to write a readonly database\)",
        ),
        (0o555, 0o444, r"read_only .*Give whoever grades the right to write: to a file and to its folder"),
        (0o555, 0o666, r"(cannot_open|read_only) .*[gG]ive whoever grades the right"),
        (0o777, 0o000, r"cannot_open .*give whoever grades the right to read and write there"),
    ],
)
def test_a_file_without_the_right_to_write_says_so(of_folder, of_file, said):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        path = Path(name) / "store.db"
        with Store(file_address(path)) as store:
            store.put(stored())
        path.chmod(of_file)
        path.parent.chmod(of_folder)

        with python(AS_NOBODY, file_address(path), Path(__file__).parent) as other:
            output = other.stdout.read() + other.stderr.read()

        path.parent.chmod(0o700)
        assert re.match(said, output), output


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_while_it_is_open_is_missed(store, path, replaced):
    store.put(stored())
    for name in os.listdir(path.parent):
        os.rename(path.parent / name, path.parent / f"away-{name}")
    if replaced:
        open_again(path).close()

    with pytest.raises(StoreError, match="was removed or replaced while it was in use"):
        store.put(stored("lee"))

    for name in os.listdir(path.parent):
        if name.startswith("away-"):
            os.rename(path.parent / name, path.parent / name.removeprefix("away-"))
    assert store.put(stored("lee"))
    assert len(list(store.results("networking"))) == 2


def test_a_full_disk_says_so_and_loses_nothing(store):
    def limit(connection, _entry):
        connection.execute("PRAGMA max_page_count = 40")

    store._database._engine.dispose()
    event.listen(store._database._engine, "connect", limit)
    kept = []

    def fill():
        for number in range(1000):
            store.put(stored(str(number)))
            kept.append(str(number))

    with pytest.raises(StoreError, match=r"There is no room to write to the store .*Free some disk space"):
        fill()
    assert kept
    assert [found.job.student for found in store.results("networking")] == kept
    event.remove(store._database._engine, "connect", limit)
    store._database._engine.dispose()
    assert store.put(stored(str(len(kept))))


FILL = """
    import subprocess, sys
    from pathlib import Path
    sys.path[:0] = [sys.argv[2]]
    import test_store_sqlite as here
    folder = Path(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(folder)], check=True)
    with here.Store(here.file_address(folder / "store.db")) as store:
        kept = []
        try:
            for number in range(1000):
                store.put(here.stored(str(number)))
                kept.append(str(number))
        except here.StoreError as problem:
            print(problem.code, [one.job.student for one in store.results("networking")] == kept, bool(kept))
"""


@pytest.mark.skipif(
    subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode != 0,
    reason="this user may not mount a small disk in a namespace of its own",
)
def test_a_disk_that_is_really_full_says_so_and_loses_nothing(tmp_path):
    command = ["unshare", "--mount", sys.executable, "-c", textwrap.dedent(FILL), tmp_path, Path(__file__).parent]

    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (done.stdout, done.stderr) == ("full True True\n", "")


# --- Killed -----------------------------------------------------------------------------------------------------

KILL = """
    import contextlib, itertools, json, os, signal, sqlite3, sys
    sys.path[:0] = [sys.argv[2]]
    import test_store_sqlite as here

    def write(round, pipe):
        with here.open_again(here.Path(sys.argv[1])) as store:
            for number in itertools.count():
                assert store.put(here.stored(f"{round}-{number}"))
                os.write(pipe, b".")

    for round in range(here.ROUNDS):
        ours, theirs = os.pipe()
        if not (child := os.fork()):
            write(round, theirs)
        os.close(theirs)
        told = sum(len(os.read(ours, 1)) for _ in range(1 + 3 * round))
        os.kill(child, signal.SIGKILL)
        while more := os.read(ours, 1000):
            told += len(more)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        with contextlib.closing(sqlite3.connect(sys.argv[1])) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        print(told)
"""


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_that_it_was_told_is_kept(path, report):
    with python(KILL, path, Path(__file__).parent) as writers:
        told = [int(line) for line in writers.stdout]
        assert writers.wait() == 0, writers.stderr.read()

    with open_again(path) as store:
        there = [found.job.student for found in store.results("networking")]
    kept = [sum(student.startswith(f"{number}-") for student in there) for number in range(ROUNDS)]
    report(f"sqlite: {ROUNDS} writers killed, {sum(told)} told, {sum(kept)} kept: {list(zip(told, kept, strict=True))}")
    assert there == [f"{number}-{index}" for number in range(ROUNDS) for index in range(kept[number])]
    # Each may have written one more, and died before it could tell.
    assert {after - before for before, after in zip(told, kept, strict=True)} <= {0, 1}
    assert len(told) == ROUNDS


# --- Addresses --------------------------------------------------------------------------------------------------

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("", "-"),
        ("store.db", "-"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite://"),
        ("sqlite:///store.db?mode=ro", "sqlite://"),
        ("sqlite+aiosqlite:///store.db", "sqlite+aiosqlite://"),
        (f"mysql://lee:{SECRET}@db/class", "mysql://"),
        (f"postgresql+psycopg2://lee:{SECRET}@db/class", "postgresql+psycopg2://"),
        (f"postgresql+psycopg://lee:{SECRET}@db", "postgresql+psycopg://"),
        (f"postgresql+psycopg://lee:a:{SECRET}@db:port/class", "postgresql+psycopg://"),
        (f"postgresql+psycopg://lee:{SECRET}:{SECRET}", "postgresql+psycopg://"),
        (f"lee:{SECRET}@db", "-"),
        (f"{SECRET}//lee", "-"),
    ],
)
def test_an_address_that_is_wrong_says_how_it_is_written_and_shows_no_password(address, seen):
    with pytest.raises(StoreError, match=r"A store's address is sqlite:///FILE or postgresql\+psycopg://") as refused:
        Store(address)

    assert refused.value.code == "address"
    assert refused.value.facts == {"seen": seen}
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_a_servers_address_is_shown_without_a_password():
    url = read_address(f"postgresql://lee:{SECRET}@db.example:5433/class?sslpassword={SECRET}2&sslmode=require")

    assert url.drivername == "postgresql+psycopg"
    assert shown(url) == "postgresql://lee@db.example:5433/class"
    assert without_secrets(f"refused: {SECRET}, {SECRET}2", url) == "refused: ***, ***"


def test_a_server_that_does_not_answer_is_named_without_a_password():
    with pytest.raises(StoreError, match=r"The store postgresql://lee@127\.0\.0\.1:1/class does not answer") as refused:
        Store(f"postgresql+psycopg://lee:{SECRET}@127.0.0.1:1/class", wait=2)

    assert SECRET not in str(refused.value)


def test_a_server_without_its_driver_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(StoreError, match=r"pip install 'drydock\[postgresql\]'"):
        read_address("postgresql+psycopg://lee@db/class")


# --- Texts ------------------------------------------------------------------------------------------------------


def test_every_trouble_of_a_store_has_a_text_and_no_text_is_for_none():
    code = "\n".join(path.read_text() for path in (HERE.parent / "classes").glob("*.py"))
    of_tables = set(re.findall(r'": "(\w+)"|: "(\w+)",', code.partition("OF_SQLITE")[2].partition("UNREACHABLE")[0]))
    raised = set(re.findall(r'StoreError\(\s*"(\w+)"', code)) | {word for pair in of_tables for word in pair if word}

    keys = {key for key in catalogue("store") if not key.startswith("change_") and key != "copied"}

    assert keys == raised | {"unreachable", "failed"}

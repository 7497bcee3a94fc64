"""What every store does: here on SQLite, in tests/dock on PostgreSQL."""

import json
import re
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from graders.classes.copying import main
from graders.classes.migrating import VERSION_TABLE, scripts
from graders.classes.store import ERROR, FINAL, Attempt, Job, Override, Store, Stored, StoreError, file_address
from graders.classes.tables import metadata, results
from graders.scorecards.samples import sample_cards
from graders.verdicts import Text

CARDS = {name: replace(card, digest="content") for name, card in sample_cards().items() if name != "hostile"}
SEOUL = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 9, 14, 5, 10, 250_000, tzinfo=SEOUL)
HOSTILE_IDS = [
    "../../etc/passwd",
    "a\0b",
    "a\ud800b",
    "\ud800\udc00",
    "\U00010000",
    "\\u0000",
    "\\",
    "%s :x ?",
    "김민지",
    "",
]
WRITERS, KEYS = 16, 100


@pytest.fixture
def url(tmp_path):
    return file_address(tmp_path / "store.db")


@pytest.fixture
def store(url):
    with Store(url) as opened:
        yield opened


def job(student="kim", **more):
    return replace(Job(student, "networking", "1", "content", "images", "0.1.0"), **more)


def stored(student="kim", card="failing", **more):
    return Stored(job(student, **more), "Kim Minji", NOW, CARDS[card], NOW)


def attempt(student="kim", outcome=ERROR):
    return Attempt(job(student).key, student, "networking", "worker-1", NOW, 12.5, outcome, "the engine was gone")


def override(student="kim", points=7.5, **more):
    return replace(Override(student, "networking", points, "was ill", "Lee", NOW), **more)


def kind_of(store):
    return store._database.url.get_backend_name()


def run(program, *arguments):
    """Start a Python program with the tests' interpreter."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process, seconds=120):
    """What a program printed."""
    output, complaints = process.communicate(timeout=seconds)
    assert process.returncode == 0, complaints
    return output


# --- Results ----------------------------------------------------------------------------------------------------


def test_a_result_comes_back_as_it_was_put(store):
    put = stored()

    assert store.put(put)
    assert list(store.results("networking")) == [put]


def test_times_come_back_in_utc(store):
    store.put(stored())

    (found,) = store.results("networking")

    assert found.handed_in.utcoffset() == timedelta(0)
    assert found.graded.isoformat() == "2026-03-09T05:05:10.250000+00:00"


def test_a_result_without_a_time_of_handing_in_has_none(store):
    store.put(replace(stored(), handed_in=None))

    assert [found.handed_in for found in store.results("networking")] == [None]


@pytest.mark.parametrize("moment", [NOW.replace(tzinfo=None), datetime(1, 1, 1, tzinfo=SEOUL)])
def test_a_time_without_a_zone_or_before_all_time_is_refused(store, moment):
    for put in (replace(stored(), graded=moment), replace(stored(), handed_in=moment)):
        with pytest.raises(StoreError, match=f"A time needs a zone, .*; seen: {re.escape(moment.isoformat())}"):
            store.put(put)
    with pytest.raises(StoreError, match="A time needs a zone"):
        replace(attempt(), started=moment)
    with pytest.raises(StoreError, match="A time needs a zone"):
        override(when=moment)

    assert not store.has(job().key)


def test_the_first_result_of_a_job_wins(store):
    first, second = stored(), stored(card="perfect")

    assert [store.put(first), store.put(second), store.put(first)] == [True, False, False]
    assert list(store.results("networking")) == [first]


def test_a_card_with_an_error_is_refused_and_replaces_nothing(store):
    store.put(stored())

    with pytest.raises(StoreError, match="The card of kim has a check that ended as an error, so it is no result"):
        store.put(stored(card="error"))
    with pytest.raises(StoreError, match="error"):
        store.put(stored("lee", card="error"))

    assert [found.card.earned for found in store.results("networking")] == [CARDS["failing"].earned]


def test_a_card_with_some_of_the_checks_is_refused(store):
    with pytest.raises(StoreError, match="has only some of the lab's checks"):
        store.put(replace(stored(), card=replace(CARDS["perfect"], picked=True)))

    assert list(store.results("networking")) == []


@pytest.mark.parametrize("other", [{"digest": "another"}, {"lab": "volumes"}, {"lab_version": "2"}])
def test_a_card_of_another_submission_is_refused(store, other):
    with pytest.raises(StoreError, match="is of another submission: expected lab, version and content"):
        store.put(replace(stored(), card=replace(CARDS["perfect"], **other)))

    assert list(store.results("networking")) == []


def test_a_submission_that_could_not_be_read_has_a_result_all_the_same(store):
    assert store.put(replace(stored(), card=replace(CARDS["nothing_started"], digest="")))


def test_equal_submissions_of_two_students_are_two_results(store):
    assert store.put(stored("kim"))
    assert store.put(stored("lee"))
    assert [found.job.student for found in store.results("networking")] == ["kim", "lee"]


@pytest.mark.parametrize("part", ["student", "lab", "lab_version", "content", "images", "drydock"])
def test_every_part_of_a_job_is_in_its_key(part):
    assert job(**{part: "other"}).key != job().key
    assert len(job().key) == 64


def test_jobs_whose_parts_are_cut_elsewhere_have_other_keys():
    assert job("ab", lab="c").key != job("a", lab="bc").key
    assert job(generation=1).key != job().key
    assert len({job(student).key for student in HOSTILE_IDS}) == len(HOSTILE_IDS)


@pytest.mark.parametrize("student", HOSTILE_IDS)
def test_an_id_is_data(store, student):
    store.put(stored("kim"))
    store.put(replace(stored(student), name=student))
    store.log(attempt(student))
    store.override(override(student, reason=student + "?"))

    assert [found.job for found in store.results("networking", student=student)] == [job(student)]
    assert [found.name for found in store.results("networking", student=student)] == [student]
    assert [found.student for found in store.attempts("networking")] == [student]
    assert [(found.student, found.reason) for found in store.overrides("networking")] == [(student, student + "?")]
    assert store.regrade("networking", [student]) == {student: 1}
    assert store.generations("networking") == {student: 1}


def test_ids_that_differ_in_case_are_two_students(store):
    for student in ("Kim", "kim", "kim "):
        store.put(stored(student))

    assert [found.job.student for found in store.results("networking")] == ["Kim", "kim", "kim "]


def test_an_id_of_any_length_is_kept(store):
    student = "x" * 100_000
    store.put(stored(student))
    store.regrade("networking", [student])

    assert [found.job.student for found in store.results("networking")] == [student]
    assert store.generations("networking") == {student: 1}


def test_only_keys_without_a_result_are_missing(store):
    store.put(stored("kim"))
    kim, lee = job("kim").key, job("lee").key

    assert store.missing([kim, lee, lee]) == {lee}
    assert store.missing([]) == set()
    assert store.has(kim)
    assert not store.has(lee)


def test_what_is_missing_of_100_000_keys_is_found_at_once(store, report):
    keys = [job(str(number)).key for number in range(100_000)]
    row = {column.name: "" for column in results.c if column.name not in ("id", "handed_in")}
    row |= {"generation": 0, "graded": NOW, "earned": 1.0, "possible": 1.0}
    began = time.perf_counter()
    with store._database.writing() as connection:
        connection.execute(results.insert(), [{**row, "key": key} for key in keys[::2]])
    filled = time.perf_counter()

    missing = store.missing(keys)

    seconds = time.perf_counter() - filled
    writing = 2 * (filled - began)  # seconds for as many rows as there are keys, on a machine that is as busy
    report(
        f"store: {len(missing)} of 100,000 keys missing, found in {seconds:.2f} s, {seconds / writing:.0%} of what "
        f"writing them takes ({store.where.split(':')[0][:10]})"
    )
    assert missing == set(keys[1::2])
    assert seconds < writing  # 10 %; with a question for each key 350 % and more, with a scan for each 5,000 %


def test_the_result_of_the_highest_generation_is_the_students(store):
    for generation, card in ((0, "failing"), (2, "perfect"), (1, "failing")):  # the last came late
        store.put(stored(card=card, generation=generation))
    store.put(stored("lee"))

    assert [(r.job.student, r.job.generation) for r in store.results("networking")] == [("kim", 2), ("lee", 0)]
    assert [found.card.full_marks for found in store.results("networking", student="kim")] == [True]


def test_of_one_generation_the_last_hand_in_is_the_students(store):
    store.put(stored())
    again = replace(stored(content="newer"), card=replace(CARDS["perfect"], digest="newer"))
    store.put(again)

    assert list(store.results("networking")) == [again]


def test_history_has_every_result_in_the_order_in_which_they_came_whatever_the_clock_said(store):
    for generation in range(4):
        store.put(replace(stored(generation=generation), graded=NOW - timedelta(days=generation)))

    assert [found.job.generation for found in store.results("networking", history=True)] == [0, 1, 2, 3]


def test_the_results_of_one_lab_are_not_anothers(store):
    store.put(stored())

    assert list(store.results("volumes")) == []
    assert list(store.attempts("volumes")) == []


def test_results_are_written_while_they_are_read(store):
    students = [f"s{number:03}" for number in range(120)]
    for student in students:
        store.put(stored(student, card="nothing_started"))

    seen = []
    for found in store.results("networking"):
        seen.append(found.job.student)
        store.put(stored(found.job.student + "-too", card="nothing_started"))

    assert seen == students
    assert len(list(store.results("networking"))) == 240


def test_a_record_that_cannot_be_read_names_its_student(store):
    store.put(stored())
    with store._database.writing() as connection:
        connection.execute(results.update().values(record='{"schema": "other"}'))

    with pytest.raises(StoreError, match=r"The result 1 of kim in the store is no scorecard .*schema"):
        list(store.results("networking"))


# --- Attempts, overrides, generations ---------------------------------------------------------------------------


def test_attempts_are_only_added(store):
    noted = [attempt(), attempt(outcome=FINAL), attempt(), attempt("lee")]
    for one in noted:
        store.log(one)

    assert list(store.attempts("networking")) == noted


def test_the_last_override_of_each_student_and_check_is_in_force_and_the_others_are_kept(store):
    noted = [
        override(points=7.5),
        override(points=8.0, reason="typing error"),
        override(points=2.0, check="inner_is_internal"),
        override("lee", 0),
    ]
    for one in noted:
        store.override(one)

    assert store.overrides("networking") == (noted[1], noted[2], noted[3])
    assert store.overrides("networking", history=True) == tuple(noted)
    assert store.overrides("volumes") == ()


def test_an_override_can_be_withdrawn(store):
    store.override(override())
    store.override(override(points=None, reason="was not ill"))

    assert store.overrides("networking") == ()
    assert [one.reason for one in store.overrides("networking", history=True)] == ["was ill", "was not ill"]


def test_an_override_leaves_the_result_as_it_is(store):
    store.put(stored())
    store.override(override(points=100))

    assert [found.card.earned for found in store.results("networking")] == [CARDS["failing"].earned]


@pytest.mark.parametrize("blank", [{"reason": " \n"}, {"who": ""}])
def test_an_override_needs_a_reason_and_a_name(blank):
    with pytest.raises(StoreError, match="need a reason and the name of who gives them"):
        override(**blank)


@pytest.mark.parametrize("points", [-1, float("nan"), float("inf")])
def test_an_override_needs_points_from_0_up(points):
    with pytest.raises(StoreError, match=f"are to be a number from 0 up; seen: {points}"):
        override(points=points)


def test_a_regrade_is_the_generation_after_the_last_result(store):
    store.put(stored("kim"))
    store.put(stored("lee", generation=4))

    assert store.generations("networking") == {}
    assert store.regrade("networking", ["kim", "lee", "new"]) == {"kim": 1, "lee": 5, "new": 0}
    assert store.generations("networking") == {"kim": 1, "lee": 5}
    assert store.generations("volumes") == {}


def test_a_regrade_that_was_interrupted_is_the_same_regrade(store):
    store.put(stored("kim"))

    assert [store.regrade("networking", ["kim"]) for _ in range(3)] == [{"kim": 1}] * 3
    store.put(stored("kim", generation=1))
    assert store.regrade("networking", ["kim"]) == {"kim": 2}


# --- Opening ----------------------------------------------------------------------------------------------------


def test_what_was_put_is_there_after_opening_again(url):
    with Store(url) as store:
        store.put(stored())

    with Store(url) as store:
        assert store.has(job().key)


def test_the_migrations_make_the_tables_that_the_code_uses(store):
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})

        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, VERSION_TABLE}


def test_a_store_of_a_newer_drydock_is_refused_and_left_as_it_is(url):
    with Store(url) as store, store._database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(StoreError, match=r"is of a newer Drydock: its tables are of version 9999") as refused:
        Store(url)

    assert refused.value.facts["newest"] == scripts().get_current_head()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "9999"
    engine.dispose()


def test_another_programs_tables_are_left_as_they_are(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE results (mine INTEGER)"))

    with pytest.raises(StoreError, match="it has tables that are not Drydock's \\(results\\)"):
        Store(url)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["results"]
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(url, monkeypatch):
    def upgrade(config, _to):
        connection = config.attributes["connection"]
        connection.execute(text("CREATE TABLE half (a INTEGER)"))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("graders.classes.migrating.command.upgrade", upgrade)
        with pytest.raises(KeyboardInterrupt):
            Store(url)

    with Store(url) as store, store._database.reading() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, VERSION_TABLE}


OPEN = """
    import os, sys
    from graders.classes.store import Store
    children = []
    for _ in range(8):
        if not (child := os.fork()):
            with Store(sys.argv[1]) as store:
                os._exit(len(store.generations("networking")))
        children.append(child)
    print([os.waitpid(child, 0)[1] for child in children])
"""


def test_processes_that_open_a_new_store_at_once_all_get_it(url):
    assert finished(run(OPEN, url)) == f"{[0] * 8}\n"


def test_threads_that_open_a_new_store_at_once_all_get_it(url):
    def use(number):
        with Store(url) as store:
            return store.put(stored(str(number), card="nothing_started"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(8))) == [True] * 8


def test_threads_share_a_store(store):
    def use(number):
        return store.put(stored(str(number % 4), card="nothing_started"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(32))) == 4


WRITE = """
    import json, os, pathlib, random, sys, traceback
    from dataclasses import replace
    from datetime import UTC, datetime
    from graders.classes.store import Job, Store, Stored
    from graders.scorecards.samples import sample_cards

    url, folder, writers, keys = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    card, now = replace(sample_cards()["perfect"], digest="c"), datetime.now(UTC)

    jobs = [Job(str(number), "networking", "1", "c", "i", "d") for number in range(keys)]

    def write(number):
        random.Random(number).shuffle(jobs)
        with Store(url) as store:
            return sum(store.put(Stored(job, "", None, card, now)) for job in jobs)

    children = []
    for number in range(writers):
        if not (child := os.fork()):
            try:
                said = str(write(number))
            except BaseException:
                said = traceback.format_exc()
            (folder / str(number)).write_text(said)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    print(json.dumps([(folder / str(number)).read_text() for number in range(writers)]))
"""


def test_many_writers_of_the_same_jobs_leave_one_result_each(url, store, tmp_path, report):
    began = time.perf_counter()

    said = finished(run(WRITE, url, str(tmp_path), str(WRITERS), str(KEYS)), 300)

    won = [int(text) for text in json.loads(said)]
    seconds = time.perf_counter() - began
    report(f"{kind_of(store)}: {WRITERS} writers of {KEYS} keys left {sum(won)} results in {seconds:.1f} s: {won}")
    assert len(list(store._rows(results.select()))) == KEYS
    assert sum(won) == KEYS


def test_a_store_in_a_file_is_copied_into_another_with_all_that_it_has(url, store, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    old_url = file_address(tmp_path / "old.db")
    with Store(old_url) as old:
        for one in (stored(HOSTILE_IDS[2]), stored("kim"), stored("kim", generation=1)):
            old.put(one)
        old.log(attempt())
        for points in (1, None, 3):
            old.override(override(points=points))
        old.regrade("networking", ["kim"])
        kept = contents(old)

    assert main([old_url, url]) == 0

    assert contents(store) == kept
    assert capsys.readouterr().out == (
        f"Copied into {store.where}. Results: 3, attempts: 1, overrides: 3, regrades: 1.\n"
    )
    assert store.put(stored("new"))
    assert main([old_url, url]) == 2
    assert f"The store {store.where} is not empty." in capsys.readouterr().err
    assert main([old_url]) == 2
    assert main([file_address(tmp_path / "misspelt.db"), url]) == 2
    assert not (tmp_path / "misspelt.db").exists()


def contents(store):
    lab = "networking"
    found = (store.results(lab, history=True), store.attempts(lab), store.overrides(lab, history=True))
    return [*map(list, found), store.generations(lab)]


def test_a_trouble_is_said_in_both_languages_and_in_one_line():
    trouble = StoreError("full", where="a\nb\x1b", problem="disk is full")

    assert isinstance(trouble.text, Text)
    assert str(trouble).startswith("There is no room to write to the store a b␛ (disk is full).")
    assert trouble.text.ko.startswith("디스크 공간이 부족하여 저장소 a b␛에 쓸 수 없습니다")

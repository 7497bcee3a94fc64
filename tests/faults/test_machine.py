"""What can befall the machine while a class is graded: nothing is lost, doubled or mixed, and an error is no zero."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from graders.classes.store import Store, file_address
from tests.dock.test_store_postgresql import server  # noqa: F401 - a real PostgreSQL
from tests.faults.counting import counts
from tests.faults.own_engine import OwnEngine

pytestmark = pytest.mark.docker

CORPUS = Path(__file__).parent.parent / "submissions" / "networking"
CASES = ("wrong_script_missing", "wrong_script_fails", "wrong_default_bridge", "wrong_link")
SECONDS = 300
JUMPING = """\
import itertools, time
real, steps = time.time, itertools.cycle((0, 3e7, -3e7, 4e3))
time.time = lambda: real() + next(steps)
"""


@pytest.fixture
def roster(tmp_path) -> Path:
    folder = tmp_path / "class"
    for case in CASES:
        shutil.copytree(CORPUS / case / "work", folder / case)
    return folder


@pytest.fixture(scope="module")
def points(tmp_path_factory) -> dict[str, float]:
    """Student -> points of an undisturbed run on the usual engine."""
    place = tmp_path_factory.mktemp("undisturbed")
    for case in CASES:
        shutil.copytree(CORPUS / case / "work", place / "class" / case)
    done = grade(place / "class", place / "reports")
    assert done.wait(SECONDS) == 0, done.stdout.read()
    done.stdout.close()
    return results_at(file_address(place / "reports" / "drydock.sqlite"))


def grade(roster: Path, reports: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start `drydock grade`."""
    command = [sys.executable, "-m", "graders.cli", "grade", "networking", str(roster), f"--reports={reports}"]
    return subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={**os.environ, "LANG": "C.UTF-8", **environment},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def tell(request, points, report):
    """Put what the store has at the end into the table."""
    looked_at.clear()
    yield
    if looked_at:
        report(counts(request, looked_at[-1], points))


looked_at: list[str] = []  # the stores of this test


def results_at(address: str) -> dict[str, float]:
    """Student -> points; each has one result."""
    looked_at.append(address)
    with Store(address) as store:
        found = list(store.results("networking", history=True))
    assert max(Counter(stored.job.student for stored in found).values(), default=1) == 1
    return {stored.job.student: stored.card.earned for stored in found}


def lines_until(process: subprocess.Popen[str], holds: Callable[[str], bool]) -> None:
    """Read lines until one is as asked."""
    lines = []
    while not (lines and holds(lines[-1])):
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)


def said(process: subprocess.Popen[str]) -> str:
    """What it says until its end."""
    return process.communicate(timeout=SECONDS)[0]


# The engine


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine with an engine of its own, and the images of the lab on it."""
    place = tmp_path_factory.mktemp("machine")
    own = OwnEngine(place / "engine")
    try:
        kit = place / "kit"
        command = [sys.executable, "-m", "graders.cli", "kit", "save", str(kit), "networking"]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        loading = own.drydock("kit", "load", str(kit))
        told = said(loading)
        assert loading.returncode == 0, told
        kit.unlink()
        yield own
    finally:
        own.close()


def start_on(machine: OwnEngine, roster: Path, reports: Path) -> subprocess.Popen[str]:
    return machine.drydock("grade", "networking", str(roster), f"--reports={reports}", "--jobs=2")


def left_on(machine: OwnEngine) -> str:
    return machine.docker("ps", "--all", "--quiet").stdout


def test_an_engine_that_is_killed_and_comes_back_costs_nobody_anything(machine, roster, tmp_path, points, eventually):
    reports = tmp_path / "reports"
    process = start_on(machine, roster, reports)
    lines_until(process, lambda line: line.startswith("1/"))
    machine.signal(signal.SIGKILL)
    machine.start()
    first = said(process)
    seen = results_at(file_address(reports / "drydock.sqlite"))
    assert seen.items() <= points.items(), first

    second = said(start_on(machine, roster, reports))
    assert results_at(file_address(reports / "drydock.sqlite")) == points, first + second
    eventually(lambda: not left_on(machine))


def test_an_engine_that_stays_away_is_an_error_for_each_and_no_zero(machine, roster, tmp_path, points):
    reports = tmp_path / "reports"
    process = start_on(machine, roster, reports)
    lines_until(process, lambda line: line.startswith("1/"))
    machine.signal(signal.SIGKILL)
    try:
        told = said(process)
    finally:
        machine.start()

    assert process.returncode == 1, told
    assert "through no fault of theirs" in told
    assert results_at(file_address(reports / "drydock.sqlite")).items() <= points.items()
    again = said(start_on(machine, roster, reports))
    assert results_at(file_address(reports / "drydock.sqlite")) == points, again


def test_an_engine_that_does_not_answer_for_a_while_costs_nobody_anything(machine, roster, tmp_path, points):
    reports = tmp_path / "reports"
    process = start_on(machine, roster, reports)
    lines_until(process, lambda line: line.startswith("1/"))
    machine.signal(signal.SIGSTOP)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(8)
    machine.signal(signal.SIGCONT)
    told = said(process)

    assert process.returncode == 0, told
    assert results_at(file_address(reports / "drydock.sqlite")) == points


def test_a_full_disk_of_the_engine_is_an_error_and_no_zero(machine, roster, tmp_path, points):
    reports = tmp_path / "reports"
    filler = machine.data / "filler"
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while file.write(b"x" * (1 << 20)):
            pass
    try:
        process = start_on(machine, roster, reports)
        told = said(process)
        seen = results_at(file_address(reports / "drydock.sqlite"))
    finally:
        filler.unlink()
    assert process.returncode == 1, told
    assert seen.items() <= points.items(), told

    again = said(start_on(machine, roster, reports))
    assert results_at(file_address(reports / "drydock.sqlite")) == points, again


# The store


def test_a_store_without_room_ends_the_run_and_a_second_start_goes_on(roster, tmp_path, points):
    reports = tmp_path / "reports"
    reports.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(reports)], check=True)
    try:
        process = grade(roster, reports)
        told = said(process)
        assert process.returncode == 2, told
        assert "drydock.sqlite" in told or "No space" in told
        subprocess.run(["mount", "-o", "remount,size=64m", str(reports)], check=True)
        again = said(grade(roster, reports))
        assert results_at(file_address(reports / "drydock.sqlite")) == points, again
    finally:
        subprocess.run(["umount", "--lazy", str(reports)], check=True)


def test_a_store_that_someone_else_holds_for_a_while_is_waited_for(roster, tmp_path, points):
    reports = tmp_path / "reports"
    process = grade(roster, reports)
    lines_until(process, lambda line: line.startswith("1/"))
    connection = sqlite3.connect(reports / "drydock.sqlite", timeout=30, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    connection.execute("COMMIT")
    connection.close()
    told = said(process)

    assert process.returncode == 0, told
    assert results_at(file_address(reports / "drydock.sqlite")) == points


def test_a_class_on_postgresql_goes_on_after_it_was_killed_and_after_its_server_was(
    server,  # noqa: F811 - the fixture
    roster,
    tmp_path,
    points,
):
    address = server.address(server.new_database())
    first = grade(roster, tmp_path / "reports", f"--store={address}")
    lines_until(first, lambda line: line.startswith("1/"))
    first.kill()
    first.wait()
    first.stdout.close()
    second = grade(roster, tmp_path / "reports", f"--store={address}")
    lines_until(second, lambda line: line.startswith("1/"))
    server.container.pause()
    server.container.unpause()
    server.do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'class%'")
    told = said(second)
    third = said(grade(roster, tmp_path / "reports", f"--store={address}"))

    assert results_at(address) == points, told + third


# The clock


def test_a_clock_that_jumps_changes_no_score_and_hangs_nothing(roster, tmp_path, points):
    (tmp_path / "jumping").mkdir()
    (tmp_path / "jumping" / "sitecustomize.py").write_text(JUMPING)
    process = grade(roster, tmp_path / "reports", PYTHONPATH=str(tmp_path / "jumping"))
    told = said(process)

    assert process.returncode == 0, told
    assert results_at(file_address(tmp_path / "reports" / "drydock.sqlite")) == points


def test_the_counts_of_an_undisturbed_run(points, report):
    report(f"faults of the machine: {len(points)} students, each with one result after each of them: {points}")
    assert set(points) == set(CASES)

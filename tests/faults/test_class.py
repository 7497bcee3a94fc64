"""A class is graded once, whatever dies meanwhile: nothing is lost, doubled or mixed, and an error is no zero."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from graders.classes.queue import ATTEMPTS, Queue
from graders.classes.store import ERROR, Store, file_address
from graders.classes.worker import Order
from graders.dock import pack
from graders.dock.engine import engine
from graders.dock.watcher import OWNER_LABEL
from graders.labs import LABS
from tests.faults.counting import counts

pytestmark = pytest.mark.docker

CORPUS = Path(__file__).parent.parent / "submissions" / "networking"
# Quick ones, all different.
CASES = ("wrong_script_missing", "wrong_script_fails", "wrong_default_bridge")
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
SECONDS = 300


@pytest.fixture
def roster(tmp_path) -> Path:
    """A folder of submissions, each by the name of its case."""
    folder = tmp_path / "class"
    for case in CASES:
        shutil.copytree(CORPUS / case / "work", folder / case)
    return folder


@pytest.fixture
def run(tmp_path, roster):
    """Start `drydock grade` on the class, in a process group of its own."""
    started = []

    def starting(*options: str, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "graders.cli", "grade", "networking", str(roster), *options]
        process = subprocess.Popen(
            [*command, f"--reports={tmp_path / 'reports'}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "LANG": "C.UTF-8", **environment},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield starting
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.fixture
def results(tmp_path, request, report):
    """Student -> points of all results that the store has; it has one for each."""
    address = file_address(tmp_path / "reports" / "drydock.sqlite")

    def read() -> dict[str, float]:
        with Store(address) as store:
            found = list(store.results("networking", history=True))
        assert max(Counter(stored.job.student for stored in found).values(), default=1) == 1
        return {stored.job.student: stored.card.earned for stored in found}

    yield read
    if (tmp_path / "reports" / "drydock.sqlite").exists():
        report(counts(request, address, request.getfixturevalue("undisturbed")))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, float]:
    """Student -> points, graded one after the other."""
    orders = [(case, Order(LABS / "networking", case, pack(CORPUS / case / "work"))) for case in CASES]
    return {outcome.what: outcome.card.earned for outcome in Queue[str](1).grade(orders)}


def left_of(process: int) -> list[str]:
    """The containers that a process, or a worker of it, has started."""
    containers = engine().api.containers(all=True, filters={"label": OWNER_LABEL})
    return [one["Id"] for one in containers if f"/{process}/" in one["Labels"][OWNER_LABEL]]


def lines_until(process: subprocess.Popen[str], count: int) -> list[str]:
    """Read the lines of this many students."""
    lines = []
    while sum("/100" in line for line in lines) < count:
        line = process.stdout.readline()
        assert line, "".join(lines)
        lines.append(line)
    return lines


def workers_of(process: int) -> list[int]:
    """The living processes below a process that have a dock: the workers of its fork server."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            below.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [process]
    while waiting:
        here = waiting.pop()
        waiting += below.get(here, [])
        found.append(here)
    containers = engine().api.containers(all=True, filters={"label": OWNER_LABEL})
    owners = {int(one["Labels"][OWNER_LABEL].split("/")[1]) for one in containers}
    return [one for one in found if one in owners]


def test_a_class_is_graded_and_a_second_start_does_nothing_again(run, results, undisturbed):
    first = run()
    said = first.communicate(timeout=SECONDS)[0]
    assert first.returncode == 0, said
    assert results() == undisturbed

    second = run()
    said = second.communicate(timeout=SECONDS)[0]
    assert second.returncode == 0
    assert f"0 graded, {len(undisturbed)} kept" in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_after_any_end_a_second_start_comes_to_the_same(run, results, undisturbed, eventually, how):
    first = run("--jobs=2")
    lines_until(first, 1)
    workers = workers_of(first.pid)
    first.send_signal(how)
    first.wait(60)
    if how is not signal.SIGKILL:
        assert first.returncode == 130
    assert 1 <= len(results()) < len(undisturbed)
    eventually(lambda: not [one for worker in workers for one in left_of(worker)])

    second = run("--jobs=2")
    said = second.communicate(timeout=SECONDS)[0]
    assert second.returncode == 0, said
    assert results() == undisturbed


def test_a_worker_that_is_killed_is_replaced(run, results, undisturbed, eventually):
    process = run("--jobs=2")
    killed: list[int] = []

    def one_is_killed() -> bool:
        for worker in workers_of(process.pid):
            if worker != process.pid and not killed:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        return bool(killed)

    eventually(one_is_killed, 60)
    said = process.communicate(timeout=SECONDS)[0]

    assert process.returncode == 0, said
    assert results() == undisturbed
    eventually(lambda: not left_of(killed[0]))


def test_without_an_engine_there_is_an_error_for_each_and_no_zero(run, results, undisturbed, tmp_path):
    first = run(**NO_ENGINE)
    said = first.communicate(timeout=SECONDS)[0]

    assert first.returncode == 2, said
    assert "No Docker engine answers" in said
    assert not (tmp_path / "reports" / "drydock.sqlite").exists() or results() == {}


def test_a_worker_that_hangs_is_given_up_and_costs_nobody_a_zero():
    order = Order(LABS / "networking", "slow", pack(CORPUS / "reference" / "work"))
    outcomes = list(Queue[str](1, deadline=1.5).grade([("slow", order)]))

    assert [(outcome.card, outcome.final, outcome.last) for outcome in outcomes] == [
        (None, False, number == ATTEMPTS) for number in range(1, ATTEMPTS + 1)
    ]
    assert "no result within 2 s" in outcomes[0].trouble


def test_who_hands_in_later_is_graded_later_and_nobody_else_again(run, results, undisturbed, tmp_path, roster):
    late = CASES[-1]
    shutil.rmtree(roster / late)
    first = run()
    first.communicate(timeout=SECONDS)
    shutil.copytree(CORPUS / late / "work", roster / late)
    second = run()
    said = second.communicate(timeout=SECONDS)[0]

    assert second.returncode == 0, said
    assert f"1 graded, {len(undisturbed) - 1} kept" in said
    assert results() == undisturbed


def test_a_regrade_keeps_what_was_and_tells_what_changed(run, tmp_path, undisturbed, roster):
    run().communicate(timeout=SECONDS)
    said = run("--student=wrong_script_missing", "--jobs=1").communicate(timeout=SECONDS)[0]
    with Store(file_address(tmp_path / "reports" / "drydock.sqlite")) as store:
        history = [
            stored.job.generation
            for stored in store.results("networking", student="wrong_script_missing", history=True)
        ]
        outcomes = {attempt.outcome for attempt in store.attempts("networking")}

    assert "1 graded, 0 kept" in said
    assert history == [0, 1]
    assert ERROR not in outcomes


def test_no_ones_id_is_a_path(roster, tmp_path):
    table = roster / "class.csv"
    ids = ("../../evil", "kim", "Kim", "=cmd|x", "<b>", "a" * 300)
    table.write_text("id,folder\n" + "".join(f'"{one}",wrong_script_missing\n' for one in ids), "utf-8")
    command = [sys.executable, "-m", "graders.cli", "grade", "networking", str(table), f"--reports={tmp_path / 'two'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    cards = sorted(path.parent.name for path in (tmp_path / "two").rglob("scorecard.html"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert len({name.casefold() for name in cards}) == len(ids)
    assert not list(tmp_path.glob("evil*"))
    assert not list(tmp_path.parent.glob("evil*"))

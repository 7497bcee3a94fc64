"""A class is graded by a cluster as by one machine, whatever of it dies; and nobody gets in who should not."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import cloudpickle
import pytest

from graders.classes.cluster.contact import contact
from graders.classes.cluster.dispatcher import Dispatcher
from graders.classes.cluster.facts import facts_of
from graders.classes.cluster.slots import grade_here
from graders.classes.queue import Queue
from graders.classes.store import Store, file_address
from graders.classes.worker import Order
from graders.dock import pack
from graders.dock.engine import engine
from graders.dock.watcher import OWNER_LABEL
from graders.labs import LABS, load

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parent.parent.parent
CORPUS = ROOT / "tests" / "submissions" / "networking"
CASES = ("wrong_script_missing", "wrong_script_fails", "wrong_default_bridge")  # quick ones, all different
TWINS = 2  # students for each case
SECONDS = 120
POISON = "poison"
ENGLISH = {"LANG": "C.UTF-8", "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s"}


def start(*arguments: str | Path, root: Path = ROOT) -> subprocess.Popen[str]:
    """Start `drydock` as a checkout has it, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; from graders.cli import main; sys.exit(main())", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
        env={**os.environ, **ENGLISH, "PYTHONPATH": str(root)},
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    """End a process with all below it; its docks' watchers are not below it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait(SECONDS)
    process.stdout.close()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Read lines up to the one with these words."""
    lines = []
    while not lines or words not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    return lines[-1]


def docks_of(worker: subprocess.Popen[str]) -> set[str]:
    """The containers that the processes of a worker own."""
    found = set()
    for container in engine().api.containers(all=True, filters={"label": OWNER_LABEL}):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(int(container["Labels"][OWNER_LABEL].split("/")[1])) == worker.pid:
                found.add(container["Id"])
    return found


def existing() -> set[str]:
    return {container["Id"] for container in engine().api.containers(all=True)}


def free_port() -> int:
    """A port that stays free until it is asked for by its number: none that the kernel gives to whoever asks for any.

    Clients that connect and ports that Docker publishes would take one of those while its scheduler is started.
    """
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    others = [port for port in range(1024, 65536) if not first <= port <= last]
    for port in random.sample(others, len(others)):  # another test may look for one at the same time
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"all ports but {first} to {last} are in use")


class Cluster:
    """A scheduler with TLS on the loopback address, and workers with one slot each."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.tls = folder / "cluster.pem"
        self.address = f"tls://127.0.0.1:{self.port}"
        self.contact = ("--scheduler", self.address, "--tls", self.tls)
        self.workers: list[subprocess.Popen[str]] = []
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.scheduler = start("scheduler", "--tls", self.tls, "--host", "127.0.0.1", "--port", str(self.port))
        line_with(self.scheduler, self.address)

    def have_workers(self, count: int) -> None:
        new = [start("worker", *self.contact, "--jobs", "1") for _ in range(count - len(self.workers))]
        for worker in new:
            line_with(worker, "Grading for")
        self.workers += new

    def kill(self, worker: subprocess.Popen[str]) -> None:
        end(worker)
        self.workers.remove(worker)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    for process in (*made.workers, made.scheduler):
        end(process, signal.SIGTERM)


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, float]:
    """Student -> points, graded by this machine alone."""
    orders = [(case, Order(LABS / "networking", case, pack(CORPUS / case / "work"))) for case in CASES]
    points = {outcome.what: outcome.card.earned for outcome in Queue[str](2).grade(orders)}
    return {f"{case}-{twin}": points[case] for case in CASES for twin in range(TWINS)}


@pytest.fixture
def grade(tmp_path, undisturbed, cluster):
    """Start `drydock grade` on a class, with the cluster."""
    for student in undisturbed:
        shutil.copytree(CORPUS / student.partition("-")[0] / "work", tmp_path / "class" / student)
    started = []

    def starting(*contact: str | Path) -> subprocess.Popen[str]:
        reports = f"--reports={tmp_path / 'reports'}"
        started.append(start("grade", "networking", tmp_path / "class", *(contact or cluster.contact), reports))
        return started[-1]

    yield starting
    for process in started:
        end(process)


@pytest.fixture
def results(tmp_path, report):
    """Student -> points of all results that the store has; it has one for each."""

    def read(what: str) -> dict[str, float]:
        with Store(file_address(tmp_path / "reports" / "drydock.sqlite")) as store:
            found = list(store.results("networking", history=True))
            tries = Counter((attempt.worker, attempt.outcome) for attempt in store.attempts("networking"))
        each = Counter(stored.job.student for stored in found)
        report(f"cluster, {what}: {len(each)} students, {len(found)} results, attempts {sorted(tries.values())}")
        assert set(each.values()) == {1}
        return {stored.job.student: stored.card.earned for stored in found}

    return read


def test_a_worker_killed_while_it_grades_changes_no_result_and_leaves_nothing(
    cluster, grade, results, undisturbed, eventually
):
    cluster.have_workers(2)
    driver = grade()
    line_with(driver, "/100")
    victim, other = cluster.workers
    eventually(lambda: docks_of(victim), SECONDS)
    docks = docks_of(victim)
    cluster.kill(victim)
    said = driver.communicate(timeout=SECONDS)[0]

    assert driver.returncode == 0, said
    assert results("a worker killed") == undisturbed
    eventually(lambda: not (docks & existing()))
    eventually(lambda: not docks_of(other))


def test_the_scheduler_may_die_and_come_back(cluster, grade, results, undisturbed):
    cluster.have_workers(2)
    driver = grade()
    line_with(driver, "/100")
    end(cluster.scheduler)
    cluster.start_scheduler()
    said = driver.communicate(timeout=SECONDS)[0]

    assert driver.returncode == 0, said
    assert results("the scheduler killed") == undisturbed


def kill_of_poison(lab, order):
    """Grade, unless the order is the one that kills whoever takes it."""
    if order.name == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return grade_here(lab, order)


def test_only_the_job_that_kills_its_workers_is_set_aside(cluster, report):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # a worker has no such module
    cluster.have_workers(2)
    lab, _ = load(LABS / "networking")
    packed = pack(CORPUS / "wrong_script_missing" / "work")
    orders = [(name, Order(lab.folder, name, packed)) for name in ("a", POISON, "b", "c", "d")]
    began = time.monotonic()
    with Dispatcher[str](contact(cluster.address, cluster.tls), facts_of(lab), work=kill_of_poison) as dispatcher:
        outcomes = list(dispatcher.grade(orders))
    scored = Counter(outcome.what for outcome in outcomes if outcome.final)
    (poisoned,) = [outcome for outcome in outcomes if not outcome.final]
    report(f"cluster, a poisoned job: scores {dict(scored)}, error {poisoned.what}, {time.monotonic() - began:.1f} s")

    assert scored == dict.fromkeys("abcd", 1)
    assert (poisoned.what, poisoned.card, poisoned.last) == (POISON, None, True)
    assert "KilledWorker" in poisoned.trouble


def test_a_worker_with_other_code_is_refused_with_both_sides(tmp_path, grade):
    other = tmp_path / "other"
    for folder in ("graders", "labs"):
        shutil.copytree(ROOT / folder, other / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (other / "graders" / "checks" / "new.py").write_text("NEW = True\n")
    (tmp_path / "theirs").mkdir()
    theirs = Cluster(tmp_path / "theirs")
    worker = start("worker", *theirs.contact, "--jobs", "1", root=other)
    line_with(worker, "Grading for")
    said = (driver := grade(*theirs.contact)).communicate(timeout=SECONDS)[0]
    end(worker, signal.SIGTERM)
    end(theirs.scheduler, signal.SIGTERM)
    (line,) = [line for line in said.splitlines() if line.startswith("  drydock: ")]

    assert driver.returncode == 2, said
    assert len({part.split()[-1] for part in line.split("|")}) == 2
    assert "rubric:" not in said


def test_nothing_goes_over_a_network_in_plain(cluster, grade):
    beyond = grade("--scheduler", "tcp://192.0.2.7:8786")
    everyone = start("scheduler", "--host", "0.0.0.0", "--port", "0")
    plain = start("worker", "--scheduler", f"tcp://127.0.0.1:{cluster.port}", "--jobs", "1")
    said = [process.communicate(timeout=SECONDS)[0] for process in (beyond, everyone, plain)]

    assert [process.returncode for process in (beyond, everyone, plain)] == [2, 2, 2], said
    assert "without encryption" in said[0]
    assert "without encryption" in said[1]
    assert "not with the certificate" in said[2]

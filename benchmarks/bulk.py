"""Measure how many submissions an hour are graded, against what the engine itself bears and a plain loop of pytest.

usage: python benchmarks/bulk.py [--submissions N] [--jobs 1 2 4 8] [--threads 2 4 8 16] [--no-loop] [--many N]
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import http.client
import itertools
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.types import IPAMConfig, IPAMPool

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graders.classes.bulk import Bulk, Settings, Wanted  # noqa: E402
from graders.classes.roster import read_roster  # noqa: E402
from graders.classes.store import Store, file_address  # noqa: E402
from graders.dock import images  # noqa: E402
from graders.dock.engine import engine  # noqa: E402
from graders.labs import lab_folder, load  # noqa: E402
from graders.verdicts import Scorecard  # noqa: E402

CORPUS = ROOT / "tests" / "submissions" / "networking"
RIGHT = ("reference", "right_aliases", "right_compose", "right_fixed_subnet", "right_sudo_run")
HOSTILE = ("wrong_fork_bomb", "wrong_prints_for_ever", "wrong_refused_by_policy", "wrong_host_network")
SLOW = {"slow_start": "timeout 8 tail -f /dev/null; ", "slow_clean": "timeout 5 tail -f /dev/null; "}
THREADS = (2, 4, 8, 16)
SUBNETS = itertools.count()
ANSWER_SECONDS = 20.0
SAMPLE_SECONDS = 0.25


@dataclass(frozen=True)
class Measured:
    """What one way of grading came to."""

    what: str
    seconds: float
    each: tuple[float, ...]  # of each submission
    memory: int = 0  # the most bytes that the coordinator and its workers had at once
    verdicts: dict[str, tuple[str, ...]] | None = None

    @property
    def an_hour(self) -> float:
        """Submissions."""
        return 3600 * len(self.each) / self.seconds

    def line(self, limit: float) -> str:
        """For the table."""
        times = sorted(self.each)
        p50, p95 = statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))]
        megabytes = f"{self.memory >> 20:6} MB" if self.memory else "        -"
        return f"{self.what:28}{self.an_hour:8.0f}/h{self.an_hour / limit:8.2f}{p50:8.1f} s{p95:8.1f} s{megabytes}"


def make_class(folder: Path, count: int) -> None:
    """A fixed corpus: half of it right, the rest wrong in every way, a few slow or hostile.

    Args:
        folder: where to; a folder for each student.
        count: of submissions.
    """
    wrong = sorted(path.name for path in CORPUS.iterdir() if path.name not in (*RIGHT, *HOSTILE))
    fixed = [*HOSTILE, *SLOW]
    rights = count // 2
    cases = [RIGHT[number % len(RIGHT)] for number in range(rights)] + fixed[: max(0, count - rights)]
    cases += [wrong[number % len(wrong)] for number in range(count - len(cases))]
    for number, case in enumerate(cases):
        # Mixed, as hand-ins come, and the same each time.
        to = folder / f"{number * 37 % count:04}-{case}"
        source = CORPUS / ("reference" if case in SLOW else case) / "work"
        shutil.copytree(source, to)
        if case in SLOW:
            script = to / ("start.sh" if case == "slow_start" else "clean.sh")
            first, rest = script.read_text().split("\n", 1)
            script.write_text(f"{first}\n{SLOW[case]}\n{rest}")


class Containers:
    """The containers and networks of one grade of the reference, through the engine's API and without any grading."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.mark = names, f"bench-{uuid.uuid4().hex[:8]}"
        self.api: Any = engine().api
        self.networks: dict[str, str] = {}
        self.made: list[str] = []

    def run(self) -> float:
        """All of it; its seconds."""
        began = time.monotonic()
        try:
            port = self.start()
            self.wait(port)
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                guests = list(pool.map(self.guest, ("bridge", self.networks["outer"], self.networks["inner"])))
            for guest in guests:
                self.api.remove_container(guest, force=True)
            store, inner = self.made[0], self.networks["inner"]
            self.api.disconnect_container_from_network(store, inner)
            decoy = self.guest(inner)
            self.api.connect_container_to_network(store, inner, aliases=["store"])
            self.wait(port)
            self.api.remove_container(decoy, force=True)
            self.remove()
            self.wait(self.start())
        finally:
            self.remove()
        return time.monotonic() - began

    def start(self) -> int:
        """What start.sh asks of the engine."""
        for name, internal in (("outer", False), ("inner", True)):
            pool = IPAMPool(subnet=f"10.214.{next(SUBNETS) % 256}.0/24")  # an engine has only some thirty of its own
            made = self.api.create_network(
                f"{self.mark}-{name}", driver="bridge", internal=internal, ipam=IPAMConfig(pool_configs=[pool])
            )
            self.networks[name] = made["Id"]
        self.container("store", "inner", {"MESSAGE": "bench"})
        self.container("middle", "outer", {"NEXT": "http://store:8080/"}, also="inner")
        port = free_port()
        self.container("edge", "outer", {"NEXT": "http://middle:8080/"}, port=port)
        return port

    def container(self, name: str, network: str, environment: dict[str, str], also: str = "", port: int = 0) -> None:
        """Create and start one of the lab's containers."""
        host = self.api.create_host_config(
            network_mode=self.networks[network], port_bindings={8080: ("127.0.0.1", port)} if port else None
        )
        endpoint = self.api.create_networking_config(
            {self.networks[network]: self.api.create_endpoint_config(aliases=[name])}
        )
        made = self.api.create_container(
            self.names[name], environment={"LISTEN": "0.0.0.0", **environment}, host_config=host,  # noqa: S104
            networking_config=endpoint, ports=[8080] if port else None, labels={"bench": self.mark},
        )["Id"]  # fmt: skip
        self.made.append(made)
        if also:
            self.api.connect_container_to_network(made, self.networks[also])
        self.api.start(made)

    def guest(self, network: str) -> str:
        """Start one of the grader's own."""
        host = self.api.create_host_config(network_mode=network)
        made = self.api.create_container(
            self.names["busybox"], ["sleep", "3600"], host_config=host, labels={"bench": self.mark}
        )["Id"]
        self.api.start(made)
        return str(made)

    def wait(self, port: int) -> None:
        """Until the message comes back."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer,
            ):
                if "bench" in answer.read().decode():
                    return
        raise RuntimeError(f"no answer at port {port} after {ANSWER_SECONDS:g} s")

    def remove(self) -> None:
        """Leave nothing."""
        for one in self.api.containers(all=True, filters={"label": f"bench={self.mark}"}):
            self.api.remove_container(one["Id"], force=True, v=True)
        for network in self.networks.values():
            self.api.remove_network(network)
        self.made.clear()
        self.networks.clear()


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def engines_limit(names: dict[str, str], count: int, tried: Sequence[int]) -> Measured:
    """The same containers at the engine's best parallelism."""
    best: Measured | None = None
    for threads in tried:
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            each = tuple(pool.map(lambda _: Containers(names).run(), range(count)))
        measured = Measured(f"engine alone, {threads} at once", time.monotonic() - began, each)
        print(f"  {measured.what}: {measured.an_hour:.0f}/h", flush=True)
        if best is None or measured.an_hour > best.an_hour:
            best = measured
    assert best is not None
    return best


def drydock(folder: Path, jobs: int, what: str = "") -> Measured:
    """A class, graded into a store of its own."""
    lab, _ = load(lab_folder("networking"))
    roster = read_roster(folder, lab.id)
    each, verdicts = [], {}
    with (
        tempfile.TemporaryDirectory() as reports,
        Store(file_address(Path(reports) / "store.sqlite")) as store,
        watching_memory() as most,
    ):
        bulk = Bulk(lab, store, Settings(jobs, Path(reports)))

        def done(wanted: Wanted, card: Scorecard | None, reason: str) -> None:
            if card is None or not card.complete:
                raise RuntimeError(f"{wanted.entry.id}: {reason}")
            each.append(card.seconds)
            verdicts[wanted.entry.id] = tuple(
                f"{result.check} {result.verdict} {result.finding.cause if result.finding else ''}"
                for result in card.results
            )

        bulk.show(lambda wanted, state: None, done)
        began = time.monotonic()
        bulk.grade(bulk.wanted(roster))
        seconds = time.monotonic() - began
    return Measured(what or f"drydock grade --jobs {jobs}", seconds, tuple(each), most(), verdicts)


def pytest_loop(folder: Path) -> Measured:
    """What a script would do: `pytest labs/networking` for one after the other."""
    each = []
    with tempfile.TemporaryDirectory() as reports:
        for submission in sorted(folder.iterdir()):
            command = (sys.executable, "-m", "pytest", "labs/networking", "-q", f"--submission={submission}")
            began = time.monotonic()
            subprocess.run((*command, f"--reports={reports}"), cwd=ROOT, capture_output=True, check=False, timeout=900)
            each.append(time.monotonic() - began)
    return Measured("loop of pytest", sum(each), tuple(each))


@contextlib.contextmanager
def watching_memory() -> Iterator[Callable[[], int]]:
    """Looks at the memory of this process and all below it, four times a second; yields what tells the most."""
    most, over = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(SAMPLE_SECONDS):
            most = max(most, memory_of(os.getpid()))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: most
    finally:
        over.set()
        thread.join()


def memory_of(root: int) -> int:
    """Bytes that a process and those below it have to themselves, shared ones by their share."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    total, waiting = 0, [root]
    while waiting:
        here = waiting.pop()
        waiting += parents.get(here, [])
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{here}/smaps_rollup").read_text().splitlines()
            total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total


def compare(first: Measured, other: Measured) -> int:
    """How many submissions came to other verdicts or causes."""
    assert first.verdicts is not None
    assert other.verdicts is not None
    different = [id for id in first.verdicts if first.verdicts[id] != other.verdicts.get(id)]
    for id in different:
        pairs = zip(first.verdicts[id], other.verdicts.get(id, ()), strict=False)
        print(f"  {id}: {next((pair for pair in pairs if pair[0] != pair[1]), 'missing')}")
    return len(different)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--submissions", type=int, default=60, metavar="N", help="of the class (default: 60)")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4, 8], metavar="N", help="default: 1 2 4 8")
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS, metavar="N", help="of the engine alone")
    parser.add_argument("--no-loop", action="store_true", help="leave out the loop of pytest, the slowest part")
    parser.add_argument("--many", type=int, metavar="N", help="then grade so many, to compare the memory")
    options = parser.parse_args()
    names = images.ensure(("edge", "middle", "store", "busybox"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "class"
        make_class(folder, options.submissions)
        print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before; {options.submissions} submissions")
        limit = engines_limit(names, max(8, options.submissions // 2), options.threads)
        rows = [limit]
        for jobs in options.jobs:
            rows.append(drydock(folder, jobs))
            print(f"  {rows[-1].what}: {rows[-1].an_hour:.0f}/h", flush=True)
        if not options.no_loop:
            rows.append(pytest_loop(folder))
        if options.many:
            many = Path(place) / "many"
            make_class(many, options.many)
            jobs = max(options.jobs)
            rows.append(drydock(many, jobs, f"{options.many} with --jobs {jobs}"))
        print(f"\n{'':28}{'rate':>10}{'/limit':>8}{'p50':>10}{'p95':>10}{'memory':>9}")
        for row in rows:
            print(row.line(limit.an_hour))
        graded = [row for row in rows[1 : 1 + len(options.jobs)] if row.verdicts]
        for row in graded[1:]:
            print(f"other verdicts than {graded[0].what} with {row.what}: {compare(graded[0], row)}")
    print(f"load {os.getloadavg()[0]:.1f} after")
    return 0


if __name__ == "__main__":
    sys.exit(main())

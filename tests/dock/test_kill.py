"""A harness that is killed at any moment leaves nothing behind."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from graders.dock.engine import engine
from graders.dock.networks import NETWORK
from graders.dock.watcher import OWNER_LABEL
from graders.labs import LABS

pytestmark = pytest.mark.docker

ROOT = LABS.parent
REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"
STARTING, WORKING, SEED = 2, 8, 2024  # harnesses that are killed before and after they start a watcher
QUICK_SECONDS = 3.0  # less than a watcher takes that has something to remove


@dataclass
class Killed:
    """What is known of the harnesses that were killed."""

    temporary: Path  # their folder for temporary files
    volumes: set[str]  # that were there before
    networks: set[str]
    harnesses: list[int] = field(default_factory=list)
    at_work: list[float] = field(default_factory=list)  # seconds of work of those that were met at it
    watchers: list[tuple[int, str]] = field(default_factory=list)


def owner(thing: dict[str, Any]) -> int:
    """The harness that made a thing of the engine; 0 where none did."""
    label = (thing["Labels"] or {}).get(OWNER_LABEL)
    return int(label.split("/")[1]) if label else 0


def volumes(harnesses: Container[int] = ()) -> set[str]:
    """The volumes of some harnesses, and of nobody."""
    there = engine().api.volumes()["Volumes"] or ()
    return {volume["Name"] for volume in there if not owner(volume) or owner(volume) in harnesses}


def networks(harnesses: Container[int] = ()) -> set[str]:
    """The networks of some harnesses, and of nobody."""
    there = engine().api.networks()
    return {network["Name"] for network in there if not owner(network) or owner(network) in harnesses}


def living(watcher: tuple[int, str]) -> bool:
    try:
        state, *fields = Path(f"/proc/{watcher[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[18] == watcher[1] and state != "Z"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, watchers_of: Callable[[int], list[tuple[int, str]]]) -> Killed:
    """Kill grading harnesses at any moment: while they start, and in each part of their work."""
    seen = Killed(tmp_path_factory.mktemp("temporary"), volumes(), networks())
    reports = tmp_path_factory.mktemp("reports")
    dice = random.Random(SEED)
    command = ["env", f"TMPDIR={seen.temporary}", sys.executable, "-m", "pytest", "labs/networking"]
    command += [f"--submission={REFERENCE}", f"--reports={reports}"]

    def work(harness: subprocess.Popen[bytes]) -> float:
        """Wait until the harness has started its watcher; tell when that was."""
        while not (found := watchers_of(harness.pid)):
            assert harness.poll() is None, f"the harness ended with {harness.returncode} before it had a watcher"
            time.sleep(0.01)  # between two looks at it
        seen.watchers += found
        return time.monotonic()

    @contextlib.contextmanager
    def harness() -> Iterator[subprocess.Popen[bytes]]:
        started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield started
        finally:
            started.kill()
            started.wait()
            seen.harnesses.append(started.pid)

    began = time.monotonic()
    with harness() as first:
        start = work(first) - began
        assert first.wait() == 0
        whole = time.monotonic() - began - start
    for number in range(STARTING):
        with harness() as starting, contextlib.suppress(subprocess.TimeoutExpired):
            starting.wait(start * (number + dice.random()) / STARTING)
    for number in range(WORKING):
        with harness() as working:
            began = work(working)
            try:
                # One moment in each eighth of the time, so that all phases are met.
                working.wait(whole * (number + dice.random()) / WORKING)
            except subprocess.TimeoutExpired:
                seen.at_work.append(time.monotonic() - began)
            else:
                whole = time.monotonic() - began  # the machine has become faster: so do the moments
    return seen


def test_the_harnesses_are_met_at_work(killed):
    assert len(killed.at_work) >= WORKING // 2


def test_no_container_of_a_killed_harness_is_left(killed, eventually):
    def none_left() -> bool:
        there = engine().api.containers(all=True, filters={"label": OWNER_LABEL})
        return not {owner(container) for container in there} & set(killed.harnesses)

    eventually(none_left, 30)


def test_no_watcher_of_a_killed_harness_is_left(killed, eventually):
    eventually(lambda: not [watcher for watcher in killed.watchers if living(watcher)], 30)


def test_a_harness_that_removed_its_docks_leaves_no_work_to_its_watcher(watchers_of, eventually):
    orderly = "from graders.dock import Dock; Dock.start().close(wait=True); input()"
    harness = subprocess.Popen([sys.executable, "-c", orderly], stdin=subprocess.PIPE, cwd=ROOT)
    eventually(lambda: watchers_of(harness.pid), 60)
    watchers = watchers_of(harness.pid)
    harness.communicate(b"\n", timeout=60)

    assert harness.returncode == 0
    eventually(lambda: not [watcher for watcher in watchers if living(watcher)], QUICK_SECONDS)


def test_no_volume_of_a_killed_harness_is_left(killed, eventually):
    eventually(lambda: volumes(killed.harnesses) <= killed.volumes, 30)


def test_no_network_but_that_of_the_docks_is_left(killed, eventually):
    eventually(lambda: networks(killed.harnesses) <= killed.networks | {NETWORK}, 30)


def test_no_temporary_file_of_a_killed_harness_is_left(killed, eventually):
    eventually(lambda: not list(killed.temporary.iterdir()), 30)

"""A harness that is killed at any moment leaves nothing behind."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graders.dock.dock import NETWORK
from graders.dock.engine import engine
from graders.dock.watcher import OWNER_LABEL
from graders.labs import LABS

pytestmark = pytest.mark.docker

ROOT = LABS.parent
REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"
TIMES, EARLIEST, SEED = 10, 0.3, 2024
QUICK_SECONDS = 3.0  # less than a watcher takes that has something to remove


@dataclass
class Killed:
    """What is known of the harnesses that were killed."""

    temporary: Path  # their folder for temporary files
    volumes: set[str]  # that were there before
    networks: set[str]
    harnesses: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    watchers: list[tuple[int, str]] = field(default_factory=list)


def volumes() -> set[str]:
    return {volume["Name"] for volume in engine().api.volumes()["Volumes"] or ()}


def networks() -> set[str]:
    return {network["Name"] for network in engine().api.networks()}


def living(watcher: tuple[int, str]) -> bool:
    try:
        state, *fields = Path(f"/proc/{watcher[0]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[18] == watcher[1] and state != "Z"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, watchers_of: Callable[[int], list[tuple[int, str]]]) -> Killed:
    """Kill a grading harness ten times, each time later than it started by another delay, up to its usual end."""
    seen = Killed(tmp_path_factory.mktemp("temporary"), volumes(), networks())
    reports = tmp_path_factory.mktemp("reports")
    dice = random.Random(SEED)
    command = [sys.executable, "-m", "pytest", "labs/networking", f"--submission={REFERENCE}", f"--reports={reports}"]
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    latest = time.monotonic() - began
    for number in range(TIMES):
        # One moment in each tenth of the time, so that all phases are met.
        delay = EARLIEST + (latest - EARLIEST) * (number + dice.random()) / TIMES
        harness = subprocess.Popen(
            ["env", f"TMPDIR={seen.temporary}", *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            harness.wait(delay)
        except subprocess.TimeoutExpired:
            seen.watchers += watchers_of(harness.pid)
            harness.kill()
        harness.wait()
        seen.harnesses.append(harness.pid)
        seen.delays.append(delay)
    return seen


def test_the_harnesses_are_met_at_work(killed):
    assert len(killed.watchers) >= TIMES // 2


def test_no_container_of_a_killed_harness_is_left(killed, eventually):
    def none_left() -> bool:
        owners = [
            container["Labels"][OWNER_LABEL].split("/")[1]
            for container in engine().api.containers(all=True, filters={"label": OWNER_LABEL})
        ]
        return not set(owners) & {str(number) for number in killed.harnesses}

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
    eventually(lambda: volumes() <= killed.volumes, 30)


def test_no_network_but_that_of_the_docks_is_left(killed, eventually):
    eventually(lambda: networks() <= killed.networks | {NETWORK}, 30)


def test_no_temporary_file_of_a_killed_harness_is_left(killed, eventually):
    eventually(lambda: not list(killed.temporary.iterdir()), 30)

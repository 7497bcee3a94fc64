"""A container's own processes, without what the engine runs in it beside, and what it said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings
from graders.observe.containers import Container, find_container, logs
from graders.observe.processes import freeze, processes

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


@pytest.fixture
def container(dock) -> Iterator[Container]:
    """A container whose shell has started two programs, with a third that the engine runs in it."""
    command = ["sh", "-c", "sleep 601 & (sleep 602 &); wait"]
    made = dock.engine.containers.run(dock.image_ids["busybox"], command, detach=True, user="1234")
    made.exec_run(["sleep", "603"], detach=True, user="0")
    yield find_container(dock, made.id)
    made.remove(force=True)


def states(dock, container):
    """What each process in the container's namespace does, by its last argument: S sleeps, T is stopped."""
    script = (
        "import os, sys\nspace = os.stat(f'/proc/{sys.argv[1]}/ns/pid').st_ino\n"
        "for name in os.listdir('/proc'):\n"
        "    try:\n"
        "        if name.isdigit() and os.stat(f'/proc/{name}/ns/pid').st_ino == space:\n"
        "            words = open(f'/proc/{name}/cmdline').read().split('\\0')[:-1]\n"
        "            state = open(f'/proc/{name}/stat').read().rpartition(')')[2].split()[0]\n"
        "            words and print(words[-1].split()[-1], state)\n"
        "    except (FileNotFoundError, ProcessLookupError):\n"
        "        pass  # it has ended since the folder was listed\n"
    )
    lines = b"".join(dock.stream(["python3", "-c", script, str(container.pid)])).decode().splitlines()
    return dict(line.split() for line in lines)


def test_the_first_process_and_all_that_it_started_are_listed_and_no_exec(dock, container, eventually):
    eventually(lambda: len(states(dock, container)) == 4)
    found = processes(dock, container)

    assert found[0].pid == container.pid
    assert sorted(process.arguments[-1] for process in found[1:]) == ["601", "602"]
    assert {process.uid for process in found} == {1234}


def test_what_is_frozen_are_its_own_processes_alone(dock, container, eventually):
    eventually(lambda: len(states(dock, container)) == 4)
    freeze(dock, container)
    eventually(lambda: states(dock, container) == {"wait": "T", "601": "T", "602": "T", "603": "S"}, 5)


def test_a_container_that_has_ended_has_no_processes(dock):
    made = dock.engine.containers.run(dock.image_ids["busybox"], ["true"], detach=True)
    made.wait()

    assert processes(dock, find_container(dock, made.id)) == []
    made.remove()


def test_what_a_container_said_is_there_until_it_is_removed(dock):
    made = dock.engine.containers.run(dock.image_ids["busybox"], ["echo", "hello"], detach=True)
    made.wait()
    container = find_container(dock, made.id)
    before = logs(dock, container).text
    made.remove()

    assert before == "hello"
    assert logs(dock, container).text == "(none: the container is gone)"

"""A container of the student's is held still for a moment, whatever becomes of it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings
from graders.observe.containers import Container, find_container
from graders.observe.held import held

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


@pytest.fixture
def container(dock: Dock) -> Container:
    made = dock.run("docker", "run", "--detach", "busybox:1.37", "sleep", "1000").output.strip()
    found = find_container(dock, made)
    assert found
    return found


def state(dock: Dock, container: Container) -> str:
    found = find_container(dock, container.id)
    return str(found.raw["State"]["Status"]) if found else "gone"


def test_it_is_paused_meanwhile_and_runs_again(dock: Dock, container: Container) -> None:
    with held(dock, container):
        assert state(dock, container) == "paused"

    assert state(dock, container) == "running"


@pytest.mark.parametrize(
    ("meanwhile", "after"),
    [("unpause", "running"), ("kill", "exited"), ("rm --force", "gone")],
)
def test_somebody_else_may_wake_end_or_remove_it(dock: Dock, container: Container, meanwhile: str, after: str) -> None:
    """A script may have left something that does; it is no refusal of the engine's."""
    with held(dock, container):
        dock.run("sh", "-c", f"docker {meanwhile} {container.id}")

    assert state(dock, container) == after


@pytest.mark.parametrize(("before", "after"), [("pause", "paused"), ("kill", "exited")])
def test_what_is_still_already_stays_so(dock: Dock, container: Container, before: str, after: str) -> None:
    dock.run("docker", before, container.id)

    with held(dock, container):
        assert state(dock, container) == after

    assert state(dock, container) == after

"""What a container's health check says of a program that does not answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings
from graders.observe.containers import Container, find_container
from graders.observe.health import healthy_with

pytestmark = pytest.mark.docker

SECOND = 10**9  # nanoseconds


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


def container(dock: Dock, test: list[str]) -> Container:
    """A container with a health check, which the engine never comes to."""
    check = {"Test": test, "Interval": 3600 * SECOND, "Timeout": 2 * SECOND}
    made = dock.engine.api.create_container(dock.image_ids["busybox"], ["sleep", "600"], healthcheck=check)
    found = find_container(dock, made["Id"])
    assert found
    return found


@pytest.mark.parametrize(
    ("test", "healthy"),
    [
        (["CMD-SHELL", '[ "$OPEN" = no ]'], True),
        (["CMD-SHELL", '[ "$OPEN" = yes ]'], False),
        (["CMD", "true"], True),
        (["CMD", "nosuch"], False),
        (["CMD-SHELL", "until false; do sleep 0.1; done"], False),
    ],
    ids=["tells", "tells not", "always", "cannot be run", "waits for ever"],
)
def test_a_health_check_is_asked_with_other_variables_and_for_no_longer_than_it_may_take(dock, test, healthy):
    began = time.monotonic()

    assert healthy_with(dock, container(dock, test), {"OPEN": "no"}) is healthy
    assert time.monotonic() - began < 20

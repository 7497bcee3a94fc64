"""A container that is held still: what is answered all the same does not come from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError

from graders.dock import Dock
from graders.observe.containers import Container, find_container

CONFLICT = 409


@contextmanager
def held(dock: Dock, container: Container) -> Iterator[None]:
    """Pause a container meanwhile: it keeps its addresses and names, and answers nobody.

    One that is paused already, or has ended, stays so; and one may end, or be woken by somebody else, meanwhile.
    """
    api = dock.engine.api
    paused = True
    try:
        api.pause(container.id)
    except APIError as problem:
        if problem.status_code != CONFLICT:
            raise
        paused = False
    try:
        yield
    finally:
        if paused:
            try:
                api.unpause(container.id)
            except APIError:
                now = find_container(dock, container.id)
                if now and now.raw["State"]["Paused"]:
                    raise

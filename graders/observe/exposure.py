"""Where a container shows a secret: to whoever inspects it, to its neighbours, in its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graders.dock import Dock
from graders.observe.containers import Container
from graders.observe.inside import answer_of
from graders.observe.privileges import Rights

PROGRAM = "exposure.py"


def in_inspect(container: Container, secret: str) -> list[str]:
    """The parts of `docker inspect` that show a secret, `Config.Env` say."""
    return list(dict.fromkeys(_paths(container.raw, secret)))


def _paths(part: Any, secret: str, path: str = "") -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            inner = f"{path}.{key}".lstrip(".")
            if secret in key:
                yield path
            yield from _paths(value, secret, inner)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for value in part:
            yield from _paths(value, secret, path)
    elif secret in str(part):
        yield path


def in_processes(
    dock: Dock,
    secret: str,
    processes: Mapping[str, tuple[Rights, ...]],
    paths: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Where running containers show a secret, by the container's name: `environment`, `arguments` or a file's path.

    Args:
        processes: of each container, the first one at the beginning; at least that.
        paths: files and folders of each container that are looked through.
    """
    asked = [
        {"pid": own[0].pid, "all": [process.pid for process in own], "paths": list(paths.get(name, ()))}
        for name, own in processes.items()
    ]
    answers = answer_of(dock, PROGRAM, {"secret": secret, "containers": asked})
    return dict(zip(processes, answers, strict=True))

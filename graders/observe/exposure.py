"""Where a container shows a secret: to whoever inspects it, to its neighbours, in its files."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graders.dock import Dock
from graders.observe.containers import Container
from graders.observe.inside import answer_of
from graders.observe.privileges import Rights

PROGRAM = "exposure.py"


def spellings(secret: str) -> dict[str, str]:
    """Texts that give a secret away to everybody, with what to call them; the plain one first."""
    plain = secret.encode()
    found = {secret: "", plain.hex(): "hex"}
    for before in range(3):  # what stands before it in the same text decides where it begins in a group of three bytes
        text = base64.b64encode(bytes(before) + plain).decode()
        whole = len(bytes(before) + plain) // 3 * 4  # without the last group, which what follows may change
        found[text[4 if before else 0 : whole]] = "base64"
    return found


def in_inspect(container: Container, secrets: Mapping[str, str]) -> list[str]:
    """The parts of `docker inspect` that show one of some secrets, `Config.Env` say.

    Args:
        secrets: each with what to call it; nothing where it needs no name.
    """
    shown = [_place(path, named) for secret, named in secrets.items() for path in _paths(container.raw, secret)]
    return list(dict.fromkeys(shown))


def _place(place: str, named: str) -> str:
    return f"{place} ({named})" if named else place


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
    secrets: Mapping[str, str],
    processes: Mapping[str, tuple[Rights, ...]],
    paths: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Where running containers show a secret, by the container's name: `environment`, `arguments` or a file's path.

    Args:
        secrets: each with what to call it; nothing where it needs no name.
        processes: of each container, the first one at the beginning; at least that.
        paths: files and folders of each container that are looked through.
    """
    asked = [
        {"pid": own[0].pid, "all": [process.pid for process in own], "paths": list(paths.get(name, ()))}
        for name, own in processes.items()
    ]
    answers = answer_of(dock, PROGRAM, {"secrets": list(secrets), "containers": asked})
    called = list(secrets.values())
    places = [[_place(place, called[which]) for place, which in answer] for answer in answers]
    return dict(zip(processes, places, strict=True))

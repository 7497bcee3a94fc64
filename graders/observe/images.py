"""Images of the dock: their names, how they were made, and samples of our own."""

from __future__ import annotations

import contextlib
import io
import random
import tarfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from graders.dock import Dock
from graders.verdicts import Evidence

LONGEST_FILE = 4096  # bytes of a container's file that are looked at


@dataclass(frozen=True)
class Measured:
    """What the engine says of an image beside another one."""

    id: str
    size: int  # bytes
    layers: int
    shared: frozenset[int]  # layers that the other has too; two numbers where there are two ways to count them


def image_id(dock: Dock, name: str) -> str:
    """An image's id; empty where there is no such image."""
    try:
        return str(dock.engine.api.inspect_image(name)["Id"])
    except ImageNotFound:
        return ""


def image_ids(dock: Dock, names: Iterable[str]) -> dict[str, str]:
    """The ids of those images that are there, by name."""
    return {name: found for name in names if (found := image_id(dock, name))}


def layer_ids(dock: Dock, image: str) -> list[str]:
    """An image's layers, the lowest first."""
    return [str(each) for each in dock.engine.api.inspect_image(image)["RootFS"]["Layers"]]


def measure(dock: Dock, image: str, other: str) -> Measured:
    """Measure an image, and count the layers that it shares with another one."""
    raw, mine, theirs = dock.engine.api.inspect_image(image), layer_ids(dock, image), layer_ids(dock, other)
    both = list(zip(mine, theirs, strict=False))
    below = next((at for at, (first, second) in enumerate(both) if first != second), len(both))
    # Layers above one that differs may hold the same files, such as an empty folder: whoever counts them is right, too.
    return Measured(str(raw["Id"]), int(raw["Size"]), len(mine), frozenset({below, len(set(mine) & set(theirs))}))


def commits(dock: Dock) -> dict[str, str]:
    """Images made from containers -> from which, by ids, as far as the engine remembers: its last 256 events."""
    until: Any = f"{time.time():.6f}"  # the stubs know of whole seconds only, which would mean a wait
    filters = {"type": "container", "event": "commit"}
    heard = dock.engine.api.events(since=0, until=until, filters=filters, decode=True)
    with contextlib.closing(heard):
        told = [event["Actor"] for event in heard]
    return {str(image): str(actor["ID"]) for actor in told if (image := actor["Attributes"].get("imageID"))}


def steps(dock: Dock, image: str) -> list[tuple[int, str, str]]:
    """How an image was made, the newest step first: when, by what, and the comment."""
    try:
        raw: Any = dock.engine.api.history(image)
    except NotFound:
        return []
    return [(int(each["Created"]), str(each["CreatedBy"]), str(each["Comment"])) for each in raw]


def imported(dock: Dock, image: str) -> bool:
    """Whether an image was made by `docker import`."""
    return any(comment.startswith("Imported from") for _, _, comment in steps(dock, image)[:1])


def made_by_builder(dock: Dock, image: str) -> bool:
    """Whether a builder says that the newest step of an image is its own."""
    return any(
        comment.startswith("buildkit.") or made.startswith(("/bin/sh -c ", "|"))
        for _, made, comment in steps(dock, image)[:1]
    )


def history(dock: Dock, image: str) -> Evidence:
    """What `docker history` shows."""
    lines = [f"{made[:160]}  {comment[:60]}".rstrip() for _, made, comment in steps(dock, image)[:20]]
    return Evidence(f"$ docker history --no-trunc {image}", "\n".join(lines) or "(none)")


def tags(dock: Dock) -> list[str]:
    """The names of all images."""
    return sorted(tag for raw in dock.engine.api.images() for tag in raw["RepoTags"] or ())


def student_images(dock: Dock) -> dict[str, str]:
    """The images that are not ours: a name -> id."""
    ours = set(dock.image_ids.values())
    return {
        next(iter(raw["RepoTags"] or ()), str(raw["Id"])[7:19]): str(raw["Id"])
        for raw in dock.engine.api.images()
        if raw["Id"] not in ours
    }


def listing(dock: Dock) -> Evidence:
    """All images, as `docker image ls` shows them."""
    lines = [f"{tag}  {str(raw['Id'])[7:19]}" for raw in dock.engine.api.images() for tag in raw["RepoTags"] or ("-",)]
    return Evidence("$ docker image ls", "\n".join(sorted(lines)) or "(none)")


def file_of(dock: Dock, container: str, path: str) -> str | None:
    """The text of a container's file; None where there is none."""
    packed = io.BytesIO()
    try:
        stream, _ = dock.engine.api.get_archive(container, path)
        for chunk in stream:
            packed.write(chunk[: max(0, (1 << 20) - packed.tell())])
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            entry = archive.next()
            content = archive.extractfile(entry) if entry and entry.isreg() else None
            return content.read(LONGEST_FILE).decode(errors="replace") if content else None
    except (NotFound, tarfile.TarError):
        return None


def samples(dock: Dock, base: str, dice: random.Random) -> tuple[str, str]:
    """Make two images of our own with common layers, all numbers and names random; one layer of the first is empty.

    Returns:
        their names.
    """
    common = base
    for _ in range(dice.randrange(2, 4)):
        common = _with_layer(dock, common, dice)
    # A layer is one whether it adds bytes or not, which a step's size in the history does not tell.
    first, second = _with_layer(dock, common, dice, empty=True), _with_layer(dock, common, dice)
    for _ in range(dice.randrange(1, 3)):
        first = _with_layer(dock, first, dice)
    names = []
    for image in (first, second):
        repository, tag = f"sample-{dice.randrange(10**6)}", str(dice.randrange(2, 100))
        dock.engine.api.tag(image, repository, tag)
        names.append(f"{repository}:{tag}")
    return names[0], names[1]


def remove_all(dock: Dock) -> None:
    """Remove all containers, all images but our own, and the build cache."""
    api = dock.engine.api
    for raw in api.containers(all=True):
        with contextlib.suppress(NotFound):
            api.remove_container(raw["Id"], force=True, v=True)
    ours = set(dock.image_ids.values())
    for _ in range(3):  # one that others are built on goes only after them
        for raw in api.images():
            if raw["Id"] not in ours:
                _remove(dock, str(raw["Id"]))
    api.prune_builds()


def _remove(dock: Dock, image: str) -> None:
    try:
        dock.engine.api.remove_image(image, force=True)
    except APIError as problem:
        if problem.status_code not in (404, 409):
            raise


def _with_layer(dock: Dock, image: str, dice: random.Random, empty: bool = False) -> str:
    """The id of an image with one more layer, of one file."""
    api = dock.engine.api
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(f"sample-{dice.getrandbits(40):x}")
        entry.size = 0 if empty else dice.randrange(1000, 100_000)
        archive.addfile(entry, io.BytesIO(dice.randbytes(entry.size)))
    made = str(api.create_container(image)["Id"])
    try:
        api.put_archive(made, "/", packed.getvalue())
        return str(api.commit(made)["Id"])
    finally:
        api.remove_container(made, force=True, v=True)

"""What must be the same on all machines that grade a class, so that it does not matter which one grades whom."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from graders.classes.made_with import drydock_itself, rubric_digest
from graders.dock import ensure_seed
from graders.grading import Options, dock_settings
from graders.rubric import Lab

LIBRARIES = ("dask", "distributed", "cloudpickle", "msgpack")  # they write and read what goes between the machines
MARK = "drydock "  # how the name of a resource of ours begins


@dataclass(frozen=True)
class Facts:
    """What a machine grades a lab with; every part is text that can be shown."""

    lab: str  # its id
    rubric: str  # version and digest
    drydock: str  # version and digest of its code
    images: str  # the seed's name, which is made from the ids of the images in it
    libraries: str  # with their versions, and Python's

    @property
    def resource(self) -> str:
        """The name of the resource that a worker with these facts has, and that a job which needs them asks for.

        Dask gives a job to no worker that lacks one of its resources, also to none that comes later.
        """
        return MARK + json.dumps(asdict(self), sort_keys=True)

    def differences(self, other: Facts) -> list[str]:
        """A line for each part that another machine has differently: what is here, and what is there."""
        mine, theirs = asdict(self), asdict(other)
        return [f"{part}: {mine[part]} | {theirs[part]}" for part in mine if mine[part] != theirs[part]]


def facts_of(lab: Lab) -> Facts:
    """What this machine grades a lab with; its images are pulled or built where they are missing.

    Raises:
        Trouble: an image cannot be had.
    """
    seed = ensure_seed(dock_settings(lab, Options()).images).image
    return Facts(lab.id, f"{lab.version} {rubric_digest(lab)}", drydock_itself(), seed, libraries({}))


def libraries(versions: Mapping[str, str]) -> str:
    """The versions that must fit, as one text.

    Args:
        versions: package -> version, `python` too, as Dask tells them of another machine; this one's where empty.
    """
    python = versions.get("python") or ".".join(map(str, sys.version_info[:2]))
    found = [f"python {'.'.join(python.split('.')[:2])}"]
    return ", ".join(
        [*found, *(f"{name} {versions.get(name) or importlib.metadata.version(name)}" for name in LIBRARIES)]
    )


def offered(resources: Iterable[str]) -> list[Facts]:
    """The facts among the names of a worker's resources."""
    return [Facts(**json.loads(name.removeprefix(MARK))) for name in resources if name.startswith(MARK)]

"""What a lab asks of its dock, and where a dock lies."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.dock import authority, images

HOST_NAME = "dock"


@dataclass(frozen=True)
class Settings:
    """What a lab asks of its dock."""

    images: tuple[str, ...] = ()  # keys of the catalogue, there from the start
    memory: int = 1280 << 20  # bytes, for everything inside
    processes: int = 2000
    disk: int = 1024 << 20  # bytes of the engine's data root, in memory
    work: int = 128 << 20  # bytes of the student's folder, in memory
    ports: tuple[int, ...] = ()  # of the dock, to be reached from the harness
    egress: bool = False
    lend: tuple[str, ...] = ()  # what is lent to this lab: network, swarm, ... by the policy; more by lending.py
    packages: tuple[str, ...] = ()  # of Debian, in the dock's image
    nodes: int = 1  # docks like this one that see each other; the student's scripts run in the first
    managers: int = 1  # how many of them are, where the harness forms the Swarm
    joined: bool = True  # whether it does
    node_images: tuple[str, ...] = ()  # as `images`, in the docks after the first
    registry: bool = False  # one beside the docks, which they reach as registry:5000
    host_name: str = HOST_NAME  # by which its own address is known in it; each `#` is a digit, another one in each dock

    @property
    def seeds(self) -> tuple[tuple[str, ...], ...]:
        """The keys of which the seeds of its docks are made, the first dock's and then that of the others."""
        dock = (images.dock_key(self.packages),) if self.packages else ()
        first = (*dict.fromkeys((*dock, *self.images, *(("registry",) if self.registry else ()))),)
        return (first, (*dock, *self.node_images)) if self.nodes > 1 else (first,)

    @property
    def alone(self) -> bool:
        """Whether its dock has nothing beside it."""
        return self.nodes == 1 and not self.registry


PLAIN = Settings()  # no image, one dock, nothing lent


@dataclass(frozen=True)
class Place:
    """Where a dock lies, and what it knows of what is beside it."""

    network: str  # of the outer engine
    certificates: authority.Certificates
    host: str = HOST_NAME  # its host name
    address: str = ""  # in that network; the engine chooses one where it is empty
    beside: Mapping[str, str] = field(default_factory=dict)  # names and addresses in that network
    registry: str = ""  # HOST:PORT of a registry without TLS
    home: bytes = b""  # a tar of what is put into the student's home


def host_name(pattern: str) -> str:
    """A host name from a pattern."""
    return "".join(str(secrets.randbelow(9) + 1) if letter == "#" else letter for letter in pattern)

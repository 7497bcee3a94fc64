"""What a container can reach, seen from inside its network namespace with nothing of its own."""

from __future__ import annotations

from dataclasses import dataclass

from graders.dock import Dock
from graders.dock.patience import patient
from graders.observe.containers import Container


@dataclass(frozen=True)
class Answer:
    """What one probe came to."""

    error: str = ""  # name, refused, unreachable, timeout, reset, other
    detail: str = ""
    status: int = 0  # of HTTP
    body: str = ""
    addresses: tuple[str, ...] = ()  # what the name stands for
    source: str = ""  # where the addresses come from: dns, hosts, address
    connected: bool = False
    listening: tuple[tuple[str, int], ...] = ()  # address and port, TCP
    default_route: bool = False
    namespace: int = 0  # inode of the network namespace

    @property
    def reached(self) -> bool:
        """Whether somebody answered at all."""
        return bool(self.status or self.connected)

    def says(self) -> str:
        """The answer in one line."""
        if self.status:
            return f"HTTP {self.status}: {self.body.strip()[:300]}"
        return "connected" if self.connected else f"{self.error}: {self.detail}"


@dataclass(frozen=True)
class Probe:
    """One question. Make it with `http`, `connect`, `resolve` or `network`."""

    do: str
    where: Container | None  # None: the dock itself
    url: str = ""
    name: str = ""
    address: str = ""
    port: int = 0
    seconds: float = 3


def http(where: Container | None, url: str, seconds: float = 4) -> Probe:
    """GET a URL; a name in it is looked up as the container would."""
    return Probe("http", where, url=url, seconds=seconds)


def connect(where: Container | None, address: str, port: int, seconds: float = 1.5) -> Probe:
    """Open a TCP connection to an address; where a packet is lost, TCP sends it again after 1 s (RFC 6298)."""
    return Probe("connect", where, address=address, port=port, seconds=seconds)


def resolve(where: Container | None, name: str) -> Probe:
    """Look a name up."""
    return Probe("resolve", where, name=name)


def network(where: Container | None) -> Probe:
    """What listens, and whether there is a default route."""
    return Probe("network", where)


def ask(dock: Dock, *probes: Probe) -> list[Answer]:
    """Do probes side by side, in one go; a container that does not run answers with the error `stopped`."""
    running = [probe for probe in probes if probe.where is None or probe.where.pid]
    questions = [
        {
            **{key: value for key, value in vars(probe).items() if key != "where"},
            "pid": probe.where.pid if probe.where else 0,
            "seconds": patient(probe.seconds),
        }
        for probe in running
    ]
    answers = iter(dock.probe(*questions) if questions else [])
    result = []
    for probe in probes:
        if probe.where is not None and not probe.where.pid:
            result.append(Answer(error="stopped", detail="the container does not run"))
            continue
        raw = next(answers)
        raw["addresses"] = tuple(raw.get("addresses", ()))
        raw["listening"] = tuple((entry[0], entry[1]) for entry in raw.get("listening", ()))
        result.append(Answer(**raw))
    return result

"""Outages: who answers while nodes come and go, and what the managers that are left still do."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import requests
from docker.errors import APIError, DockerException

from graders.dock import Dock
from graders.observe.swarm import Member, members, nodes
from graders.observe.waiting import until
from graders.verdicts import Evidence

TRY_SECONDS = 2.0  # for one node to answer
PATIENCE_SECONDS = 8.0  # in which a visitor asks one node after the other
PAUSE_SECONDS = 0.1  # between two visitors
READY_SECONDS = 90.0
LONGEST = 4096  # bytes of a page


@dataclass
class Visits:
    """What became of those who asked for a page all the time."""

    answered: int = 0
    lost: int = 0
    by: dict[str, int] = field(default_factory=dict)  # node -> how many it answered
    slowest: float = 0.0  # seconds until some node answered

    def says(self) -> str:
        """The counts in one line."""
        by = ", ".join(f"{node}: {count}" for node, count in sorted(self.by.items()))
        return f"answered {self.answered} ({by or 'by none'}), lost {self.lost}, slowest {self.slowest:.1f} s"

    def evidence(self) -> Evidence:
        """The counts, for the card."""
        return Evidence("requests meanwhile, each at one node after the other", self.says())


def page(address: str, seconds: float = TRY_SECONDS) -> str:
    """The page at HOST:PORT; empty where none comes."""
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.read(LONGEST).decode(errors="replace") if answer.status == 200 else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def pages(dock: Dock, port: int) -> dict[str, str]:
    """The page that each node has at a port, by the node's name; the nodes without one are left out."""
    found = {node.place.host: page(node.address(port)) for node in dock.nodes}
    return {name: text for name, text in found.items() if text}


@contextlib.contextmanager
def visitors(dock: Dock, port: int, text: str) -> Iterator[Visits]:
    """Ask for a page all the time, as a load balancer before the nodes would: where one does not answer, the next.

    Args:
        port: of each node.
        text: what a right page holds.
    """
    addresses = {node.place.host: node.address(port) for node in dock.nodes}
    visits, ended = Visits(), threading.Event()
    asking = threading.Thread(target=_visit, args=(addresses, text, visits, ended), daemon=True)
    asking.start()
    try:
        yield visits
    finally:
        ended.set()
        asking.join()


def _visit(addresses: Mapping[str, str], text: str, visits: Visits, ended: threading.Event) -> None:
    names = sorted(addresses)
    for first in itertools.count():
        began = time.monotonic()
        turn = itertools.cycle(names[first % len(names) :] + names[: first % len(names)])
        by = ""
        while not by and time.monotonic() < began + PATIENCE_SECONDS and not ended.is_set():
            name = next(turn)
            by = name if text in page(addresses[name]) else ""
            if not by:
                ended.wait(PAUSE_SECONDS / 2)
        if by:
            visits.answered += 1
            visits.by[by] = visits.by.get(by, 0) + 1
            visits.slowest = max(visits.slowest, time.monotonic() - began)
        elif not ended.is_set():
            visits.lost += 1
        if ended.wait(PAUSE_SECONDS):
            return


def managers(manager: Dock) -> tuple[str, ...]:
    """The names of the managers that can be reached, as one of them knows it; none where there is no leader."""
    try:
        found = nodes(manager)
    except (DockerException, requests.RequestException):
        return ()
    return tuple(
        sorted(
            node["Description"]["Hostname"]
            for node in found
            if node.get("ManagerStatus", {}).get("Reachability") == "reachable" and node["Status"]["State"] == "ready"
        )
    )


def known(manager: Dock) -> tuple[Member, ...]:
    """The nodes as a manager knows them; none where it cannot say because there is no leader."""
    try:
        return members(manager)
    except (DockerException, requests.RequestException):
        return ()


def leader(manager: Dock) -> str:
    """The name of the leader; empty where there is none."""
    return next((member.name for member in known(manager) if member.leader and member.state == "ready"), "")


def takes_orders(manager: Dock, name: str) -> bool:
    """Whether a manager takes an order: a service of ours without any task, which goes at once."""
    try:
        service = manager.engine.api.create_service(
            {"ContainerSpec": {"Image": "busybox:1.37"}}, name=name, mode={"Replicated": {"Replicas": 0}}
        )
        return bool(manager.engine.api.remove_service(service["ID"]))
    except APIError as problem:
        return problem.status_code == 409  # the last try came through, and we did not hear of it
    except (DockerException, requests.RequestException):
        return False


def bring_back(dock: Dock, lost: Dock) -> None:
    """Start a node again, and wait until the others have it as before.

    Raises:
        RuntimeError: they have not.
    """
    lost.start_again()
    other = next(node for node in dock.nodes if node is not lost)
    name = lost.place.host
    if not until(lambda: name in managers(other), bool, READY_SECONDS):
        raise RuntimeError(f"{name} did not come back within {READY_SECONDS:.0f} s")


def nodes_listed(manager: Dock) -> Evidence:
    """The nodes, as `docker node ls` shows them."""
    lines = [
        f"{member.name}  {member.state}  {member.availability}"
        f"  {'leader' if member.leader else 'manager' if member.manager else 'worker'}"
        for member in known(manager)
    ]
    return Evidence("$ docker node ls", "\n".join(lines) or "(no answer)")

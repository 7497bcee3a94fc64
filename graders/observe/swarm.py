"""The nodes of a Swarm, and what this machine's kernel lets one show."""

from __future__ import annotations

from dataclasses import dataclass

from graders.dock import Dock


@dataclass(frozen=True)
class Member:
    """A node, as a manager knows it."""

    id: str
    name: str  # its host name: node-1, node-2, ...
    manager: bool
    leader: bool
    state: str  # ready, down, unknown, disconnected
    availability: str  # active, pause, drain


def members(manager: Dock) -> tuple[Member, ...]:
    """The nodes of the Swarm that a node manages, by name; none where it manages none.

    Raises:
        docker.errors.APIError: the managers have no leader.
    """
    if not manager.engine.info()["Swarm"]["ControlAvailable"]:
        return ()
    found = [
        Member(
            id=node["ID"],
            name=node["Description"]["Hostname"],
            manager=node["Spec"]["Role"] == "manager",
            leader=node.get("ManagerStatus", {}).get("Leader", False),
            state=node["Status"]["State"],
            availability=node["Spec"]["Availability"],
        )
        for node in manager.engine.api.nodes()
    ]
    return tuple(sorted(found, key=lambda member: member.name))


def has_ipvs(dock: Dock) -> bool:
    """Whether this machine's kernel has IPVS: without it a Swarm has no routing mesh and no virtual addresses.

    A check of one of these is `not_assessable` then. What needs neither still works: `--endpoint-mode dnsrr`, and ports
    published with `mode=host`.
    """
    (answer,) = dock.probe({"do": "ipvs"})
    return bool(answer.get("ipvs"))

"""The nodes of a Swarm, and what this machine's kernel lets one show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError

from graders.dock import Dock, Ran
from graders.observe.waiting import until

# What the Swarm says while it is changing the same thing itself, or its managers are still agreeing.
OVERTAKEN = ("update out of sequence", "does not have a leader", "deadline exceeded")
MANAGES_NONE = ("not a swarm manager", "not part of a swarm")


@dataclass(frozen=True)
class Member:
    """A node, as a manager knows it."""

    id: str
    name: str  # its host name: node-1, node-2, ...
    manager: bool
    leader: bool
    state: str  # ready, down, unknown, disconnected
    availability: str  # active, pause, drain


def nodes(manager: Dock) -> list[dict[str, Any]]:
    """The nodes of the Swarm that a node manages, as the engine lists them; none where it manages none.

    Raises:
        docker.errors.APIError: the managers have no leader.
    """
    try:
        found: list[dict[str, Any]] = manager.engine.api.nodes()
    except APIError as problem:
        if any(words in str(problem.explanation) for words in MANAGES_NONE):
            return []
        raise
    return found


def members(manager: Dock) -> tuple[Member, ...]:
    """The nodes of the Swarm that a node manages, by name; none where it manages none.

    Raises:
        docker.errors.APIError: the managers have no leader.
    """
    found = [
        Member(
            id=node["ID"],
            name=node["Description"]["Hostname"],
            manager=node["Spec"]["Role"] == "manager",
            leader=node.get("ManagerStatus", {}).get("Leader", False),
            state=node["Status"]["State"],
            availability=node["Spec"]["Availability"],
        )
        for node in nodes(manager)
    ]
    return tuple(sorted(found, key=lambda member: member.name))


def manages(node: Dock) -> bool:
    """Whether a node is a manager of a Swarm, whatever the others are."""
    return bool(node.engine.api.info()["Swarm"].get("ControlAvailable"))


def change_nodes(manager: Dock, wanted: Callable[[Mapping[str, Any]], dict[str, Any]], seconds: float) -> None:
    """Change what nodes are asked to be, anew where the Swarm notes something of one meanwhile and refuses the change.

    Args:
        wanted: makes the `Spec` that a node shall have from the node, as the engine lists it.
        seconds: in which it has to succeed.

    Raises:
        RuntimeError: it has not.
    """
    api: Any = manager.engine.api  # the stubs want another class than the engine's own answer

    def order() -> bool:
        try:
            pairs = [(raw, wanted(raw)) for raw in api.nodes()]
            differ = [(raw, spec) for raw, spec in pairs if spec != raw["Spec"]]
            for raw, spec in differ:
                api.update_node(raw["ID"], raw["Version"]["Index"], spec)
        except APIError:
            return False
        return not differ

    if not until(order, bool, seconds):
        raise RuntimeError("the Swarm does not take what its nodes are asked to be")


def overtaken(ran: Ran) -> bool:
    """Whether a script failed because the Swarm was busy with itself: luck, and no fault of the script's."""
    return bool(ran.exit) and any(words in ran.output for words in OVERTAKEN)


def has_ipvs(dock: Dock) -> bool:
    """Whether this machine's kernel has IPVS: without it a Swarm has no routing mesh and no virtual addresses.

    A check of one of these is `not_assessable` then. What needs neither still works: `--endpoint-mode dnsrr`, and ports
    published with `mode=host`.
    """
    (answer,) = dock.probe({"do": "ipvs"})
    return bool(answer.get("ipvs"))

"""Services of a Swarm and their tasks, as a manager knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from docker.errors import APIError

from graders.dock import Dock
from graders.observe.containers import Container, find_container
from graders.observe.swarm import MANAGES_NONE, nodes
from graders.verdicts import Evidence

STACK = "com.docker.stack.namespace"  # the label that `docker stack deploy` sets
STOPPED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")


@dataclass(frozen=True)
class Task:
    """One task: what became, or is to become, a container."""

    id: str
    node: str  # its name; empty while it has none
    state: str  # new, pending, ..., starting, running, failed, rejected, ...
    wanted: bool  # whether the Swarm wants it to run
    image: str
    reason: str  # why it does not run, as the scheduler or the node says
    container: str  # id; empty where there is none
    resources: Mapping[str, Any]  # Limits and Reservations, as the service asks for them

    @property
    def running(self) -> bool:
        """Whether it is to run, and does."""
        return self.wanted and self.state == "running"

    @property
    def reserved_memory(self) -> int:
        """Bytes that the scheduler sets aside for it on its node."""
        return int((self.resources.get("Reservations") or {}).get("MemoryBytes") or 0)


@dataclass(frozen=True)
class Service:
    """One service with all the tasks that it had when it was looked at, the newest first, also those that ended."""

    name: str  # its whole name, with that of its stack
    id: str
    raw: Mapping[str, Any]  # all that inspect says
    tasks: tuple[Task, ...] = ()

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that run, and shall."""
        return tuple(task for task in self.tasks if task.running)

    @property
    def everywhere(self) -> bool:
        """Whether it has one task on each node (global)."""
        return "Global" in self.raw["Spec"]["Mode"]

    @property
    def replicas(self) -> int:
        """How many tasks are asked for; 0 for a global one."""
        return int((self.raw["Spec"]["Mode"].get("Replicated") or {}).get("Replicas", 0))

    @property
    def image(self) -> str:
        """As the Swarm keeps it: with a digest, where the registry could be asked."""
        return str(self.container_spec.get("Image", ""))

    @property
    def update(self) -> str:
        """What its update does: updating, paused, completed, rollback_started, ...; empty before the first."""
        return str((self.raw.get("UpdateStatus") or {}).get("State", ""))

    @property
    def published(self) -> tuple[tuple[str, int, int], ...]:
        """Mode (host or ingress), port outside and port inside of each port, as it was asked for."""
        ports = self.raw["Spec"].get("EndpointSpec", {}).get("Ports") or ()
        return tuple(
            (port.get("PublishMode", "ingress"), port.get("PublishedPort", 0), port["TargetPort"]) for port in ports
        )

    @property
    def template(self) -> str:
        """What a task of it is made from; where two are equal, no task was replaced.

        The platforms of the image are left out: who asks the registry writes them down, the client or the engine, and
        `docker stack deploy --resolve-image changed` does not ask again. The Swarm replaces no task for them.
        """
        spec = self.raw["Spec"]["TaskTemplate"]
        placement = {key: value for key, value in (spec.get("Placement") or {}).items() if key != "Platforms"}
        return json.dumps({**spec, "Placement": placement}, sort_keys=True)

    @property
    def container_spec(self) -> Mapping[str, Any]:
        """What its containers are made from."""
        spec: Mapping[str, Any] = self.raw["Spec"]["TaskTemplate"].get("ContainerSpec") or {}
        return spec

    @property
    def constraints(self) -> tuple[str, ...]:
        """Where its tasks may run."""
        placement = self.raw["Spec"]["TaskTemplate"].get("Placement") or {}
        return tuple(placement.get("Constraints") or ())

    @property
    def plan(self) -> Mapping[str, Any]:
        """How it is updated: Parallelism, Order, FailureAction, with the engine's defaults."""
        return {"Parallelism": 1, "Order": "stop-first", "FailureAction": "pause"} | (
            self.raw["Spec"].get("UpdateConfig") or {}
        )

    def steady(self, wanted: int) -> bool:
        """Whether just so many tasks are wanted, and all of them run."""
        return len(self.running) == wanted == sum(task.wanted for task in self.tasks)

    def says(self) -> str:
        """How many tasks run, and what the others do, in one line."""
        others = sorted({task.state for task in self.tasks if task.wanted and not task.running})
        count = f"{len(self.running)} running"
        return count + (f", others {', '.join(others)}" if others else "")

    def tasks_listed(self) -> Evidence:
        """Its tasks, as `docker service ps` shows them."""
        lines = [
            f"{task.image.partition('@')[0]}  {task.node or '-'}  {'wanted' if task.wanted else 'old'}  {task.state}"
            f"  {task.reason}".rstrip()
            for task in self.tasks
        ]
        return Evidence(f"$ docker service ps --no-trunc {self.name}", "\n".join(lines[:20]) or "(none)")

    def fragment(self, *path: str) -> Evidence:
        """The one part of `docker service inspect` that matters."""
        part: Any = self.raw
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        title = f"$ docker service inspect --format '{{{{json .{'.'.join(path)}}}}}' {self.name}"
        return Evidence(title, json.dumps(part, indent=1, ensure_ascii=False))


def find_service(manager: Dock, name: str) -> Service | None:
    """A service by its name, or by its name in a stack; None where there is none."""
    for raw in _services(manager):
        spec = raw["Spec"]
        stack = (spec.get("Labels") or {}).get(STACK)
        if spec["Name"] in (name, f"{stack}_{name}"):
            return refreshed(manager, Service(spec["Name"], raw["ID"], raw))
    return None


def all_services(manager: Dock) -> tuple[Service, ...]:
    """All services, by name, as they are now."""
    found = [Service(raw["Spec"]["Name"], raw["ID"], raw) for raw in _services(manager)]
    tasks = _tasks(manager) if found else {}
    return tuple(sorted((replace(one, tasks=tasks.get(one.id, ())) for one in found), key=lambda one: one.name))


def _services(manager: Dock) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = manager.engine.api.services()
    except APIError as problem:
        if any(words in str(problem.explanation) for words in MANAGES_NONE):
            return []
        raise
    return found


def refreshed(manager: Dock, service: Service) -> Service:
    """A service with the tasks that it has now."""
    return replace(service, tasks=_tasks(manager, service=service.id).get(service.id, ()))


def _tasks(manager: Dock, **filters: str) -> dict[str, tuple[Task, ...]]:
    """Id of a service -> its tasks, the newest first."""
    names = {node["ID"]: node["Description"]["Hostname"] for node in nodes(manager)}
    found: dict[str, tuple[Task, ...]] = {}
    for raw in sorted(manager.engine.api.tasks(filters), key=lambda raw: str(raw["CreatedAt"]), reverse=True):
        service = raw.get("ServiceID", "")  # a container on an attachable network is a task, too, and of no service
        found[service] = (*found.get(service, ()), _task(raw, names))
    return found


def _task(raw: Mapping[str, Any], names: Mapping[str, str]) -> Task:
    status = raw["Status"]
    return Task(
        id=raw["ID"],
        node=names.get(raw.get("NodeID", ""), ""),
        state=status["State"],
        wanted=raw["DesiredState"] not in STOPPED,
        image=(raw["Spec"].get("ContainerSpec") or {}).get("Image", ""),
        reason=str(status.get("Err") or "")[:300],
        container=(status.get("ContainerStatus") or {}).get("ContainerID", ""),
        resources=raw["Spec"].get("Resources") or {},
    )


def container_of(dock: Dock, task: Task) -> tuple[Dock, Container] | None:
    """A task's node and container; None where it has none any more."""
    for node in dock.nodes:
        if node.place.host == task.node and task.container:
            container = find_container(node, task.container)
            return (node, container) if container else None
    return None

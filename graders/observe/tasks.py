"""Services of a Swarm and their tasks, as a manager knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders.dock import Dock
from graders.observe.containers import Container, find_container
from graders.verdicts import Evidence

STACK = "com.docker.stack.namespace"  # the label that `docker stack deploy` sets


@dataclass(frozen=True)
class Task:
    """One container that a service wants, and where it is."""

    id: str
    node: str  # host name; empty where it waits for one
    wanted: bool  # whether it is to run
    state: str  # pending, preparing, running, ...
    reason: str  # why it does not run, as the scheduler or the node says
    container: str  # id; empty where there is none yet
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
    """One service."""

    name: str  # its whole name, with that of its stack
    id: str
    raw: Mapping[str, Any]  # all that inspect says

    @property
    def published(self) -> tuple[tuple[str, int, int], ...]:
        """Mode (host or ingress), port outside and port inside of each port, as it was asked for."""
        ports = self.raw["Spec"].get("EndpointSpec", {}).get("Ports") or ()
        return tuple(
            (port.get("PublishMode", "ingress"), port.get("PublishedPort", 0), port["TargetPort"]) for port in ports
        )


def find_service(manager: Dock, name: str) -> Service | None:
    """A service by its name, or by its name in a stack; None where there is none."""
    for raw in manager.engine.api.services():
        spec = raw["Spec"]
        stack = (spec.get("Labels") or {}).get(STACK)
        if spec["Name"] in (name, f"{stack}_{name}"):
            return Service(spec["Name"], raw["ID"], raw)
    return None


def service_names(manager: Dock) -> list[str]:
    """The names of all services."""
    return sorted(raw["Spec"]["Name"] for raw in manager.engine.api.services())


def tasks(manager: Dock, service: Service) -> tuple[Task, ...]:
    """The tasks of a service, old ones too, by the node on which they are."""
    nodes = {node["ID"]: node["Description"]["Hostname"] for node in manager.engine.api.nodes()}
    found = [
        Task(
            id=raw["ID"],
            node=nodes.get(raw.get("NodeID", ""), ""),
            wanted=raw["DesiredState"] in ("running", "ready"),
            state=raw["Status"]["State"],
            reason=raw["Status"].get("Err", ""),
            container=(raw["Status"].get("ContainerStatus") or {}).get("ContainerID", ""),
            resources=raw["Spec"].get("Resources") or {},
        )
        for raw in manager.engine.api.tasks({"service": service.id})
    ]
    return tuple(sorted(found, key=lambda task: (task.node, task.id)))


def running(manager: Dock, service: Service) -> tuple[Task, ...]:
    """The tasks of a service that run."""
    return tuple(task for task in tasks(manager, service) if task.running)


def container_of(dock: Dock, task: Task) -> tuple[Dock, Container] | None:
    """A running task's node and container; None where it has gone meanwhile."""
    for node in dock.nodes:
        if node.place.host == task.node and task.container:
            container = find_container(node, task.container)
            return (node, container) if container else None
    return None


def listed(manager: Dock, service: Service) -> Evidence:
    """The tasks of a service, as `docker service ps` shows them."""
    lines = [
        f"{task.node or '-'}  {'wanted' if task.wanted else 'old'}  {task.state}  {task.reason}".rstrip()
        for task in tasks(manager, service)
    ]
    return Evidence(f"$ docker service ps --no-trunc {service.name}", "\n".join(lines) or "(none)")

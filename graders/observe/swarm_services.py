"""Services of a Swarm and their tasks, as a manager knows them, and requests that go on while they change."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from docker.errors import APIError, NotFound

from graders.dock import Dock
from graders.observe.containers import Container, find_container
from graders.observe.network import Answer
from graders.observe.swarm import members
from graders.verdicts import Evidence

LONGEST_PAGE = 65536  # bytes
BETWEEN_SECONDS = 0.1  # two requests: often enough to meet each gap of a second
STOPPED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")


@dataclass(frozen=True)
class Task:
    """One task: what became, or is to become, a container."""

    id: str
    node: str  # its name; empty while it has none
    state: str  # new, pending, ..., starting, running, failed, rejected, ...
    wanted: bool  # whether the Swarm wants it to run
    image: str
    problem: str  # what the Swarm says of it
    container: str  # id; empty where there is none

    @property
    def runs(self) -> bool:
        """Whether it runs, and shall."""
        return self.wanted and self.state == "running"


@dataclass(frozen=True)
class Service:
    """One service with all its tasks, also those that ended."""

    name: str
    id: str
    everywhere: bool  # one task on each node (global)
    replicas: int  # that are wanted; 0 for a global one
    image: str  # as the Swarm keeps it: with a digest, where the registry could be asked
    update: str  # updating, paused, completed, rollback_started, ...; empty before the first
    tasks: tuple[Task, ...]
    raw: Mapping[str, Any]  # all that inspect says

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that run, and shall."""
        return tuple(task for task in self.tasks if task.runs)

    @property
    def template(self) -> str:
        """What a task of it is made from; where two are equal, no task was replaced."""
        return json.dumps(self.raw["Spec"]["TaskTemplate"], sort_keys=True)

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
        others = sorted({task.state for task in self.tasks if task.wanted and not task.runs})
        count = f"{len(self.running)} running"
        return count + (f", others {', '.join(others)}" if others else "")

    def tasks_listed(self) -> Evidence:
        """Its tasks, as `docker service ps` shows them."""
        lines = [
            f"{task.image.partition('@')[0]}  {task.node or '-'}  {task.state}  {task.problem}".rstrip()
            for task in self.tasks
        ]
        return Evidence(f"$ docker service ps {self.name}", "\n".join(lines[:20]) or "(none)")

    def fragment(self, *path: str) -> Evidence:
        """The one part of `docker service inspect` that matters."""
        part: Any = self.raw
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        title = f"$ docker service inspect --format '{{{{json .{'.'.join(path)}}}}}' {self.name}"
        return Evidence(title, json.dumps(part, indent=1, ensure_ascii=False))


def find_service(manager: Dock, name: str) -> Service | None:
    """A service by its exact name; None where there is none."""
    try:
        raw = manager.engine.api.inspect_service(name)
        found = manager.engine.api.tasks({"service": raw["ID"]})
    except NotFound:
        return None
    except APIError as problem:
        if problem.status_code == 503:  # this node manages no Swarm
            return None
        raise
    nodes = {member.id: member.name for member in members(manager)}
    spec = raw["Spec"]
    newest = sorted(found, key=lambda task: str(task["CreatedAt"]), reverse=True)
    return Service(
        name=spec["Name"],
        id=raw["ID"],
        everywhere="Global" in spec["Mode"],
        replicas=(spec["Mode"].get("Replicated") or {}).get("Replicas", 0),
        image=(spec["TaskTemplate"].get("ContainerSpec") or {}).get("Image", ""),
        update=(raw.get("UpdateStatus") or {}).get("State", ""),
        tasks=tuple(_task(task, nodes) for task in newest),
        raw=raw,
    )


def _task(raw: Mapping[str, Any], nodes: Mapping[str, str]) -> Task:
    status = raw["Status"]
    return Task(
        id=raw["ID"],
        node=nodes.get(raw.get("NodeID", ""), ""),
        state=status["State"],
        wanted=raw["DesiredState"] not in STOPPED,
        image=(raw["Spec"].get("ContainerSpec") or {}).get("Image", ""),
        problem=str(status.get("Err") or "")[:300],
        container=(status.get("ContainerStatus") or {}).get("ContainerID", ""),
    )


def container_of(dock: Dock, service: Service) -> tuple[Dock, Container] | None:
    """A running container of a service, and the node on which it is."""
    nodes = {node.place.host: node for node in dock.nodes}
    for task in service.running:
        if task.node in nodes and task.container and (found := find_container(nodes[task.node], task.container)):
            return nodes[task.node], found
    return None


def in_registry(dock: Dock, image: str) -> bool:
    """Whether the registry beside the docks has an image, by its digest where the name has one, else by its tag."""
    host, _, rest = image.partition("/")
    if host != dock.place.registry:
        return False
    name, _, digest = rest.partition("@")
    name, _, tag = name.partition(":")
    url = f"http://{dock.registry_address}/v2/{name}/manifests/{digest or tag or 'latest'}"
    kinds = (
        "application/vnd.docker.distribution.manifest.v2+json, "
        "application/vnd.docker.distribution.manifest.list.v2+json, "
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    )
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": kinds})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - HTTP, to our own registry
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def page(address: str, seconds: float = 10) -> Answer:
    """What a page at HOST:PORT, asked from outside, comes to."""
    host, _, port = address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=seconds)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read(LONGEST_PAGE).decode(errors="replace"))
    except TimeoutError:
        return Answer(error="timeout", detail=f"no answer within {seconds:.0f} s")
    except (OSError, http.client.HTTPException) as problem:
        return Answer(error="refused", detail=str(problem) or type(problem).__name__)
    finally:
        connection.close()


@dataclass
class Requests:
    """Requests, one after the other, from beginning to end of a `with`; each is counted.

    Args:
        addresses: HOST:PORT, asked in turn.
        good: whether an answer is what one asked for.
    """

    addresses: Sequence[str]
    good: Callable[[Answer], bool]
    answered: int = 0
    lost: list[tuple[float, Answer]] = field(default_factory=list)  # seconds from the first request, and what came
    bodies: set[str] = field(default_factory=set)  # of good answers
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Requests:
        self._thread = threading.Thread(target=self._ask, name="requests", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()

    @property
    def asked(self) -> int:
        """How many have an answer, good or not."""
        return self.answered + len(self.lost)

    def counted(self) -> Evidence:
        """How many were lost, and what the first of them came to."""
        lines = [f"{self.asked} requests: {self.answered} answered, {len(self.lost)} lost"]
        lines += [f"{seconds:6.1f} s  {answer.says()}" for seconds, answer in self.lost[:8]]
        return Evidence("requests while the service was updated", "\n".join(lines))

    def _ask(self) -> None:
        began = time.monotonic()
        while not self._end.is_set():
            sent = time.monotonic()
            answer = page(self.addresses[self.asked % len(self.addresses)])
            if self.good(answer):
                self.bodies.add(answer.body)
                self.answered += 1
            else:
                self.lost.append((sent - began, answer))
            self._end.wait(BETWEEN_SECONDS)

"""Run Docker Compose as the student would, and find what it made of a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from graders.dock import Dock, Ran
from graders.observe.containers import Container, find_container
from graders.observe.network import ask, network
from graders.observe.scripts import output_of
from graders.observe.waiting import until
from graders.verdicts import Evidence
from graders.vocabulary import fail

# The causes that `succeed` may name; a lab words `compose_failed` with the facts command, code and problem itself.
CAUSES = ("script_missing", "refused_by_policy", "limit_reached", "compose_failed")
FILE = "compose.yaml"
PROJECT, SERVICE, NUMBER, ONE_OFF = (
    f"com.docker.compose.{key}" for key in ("project", "service", "container-number", "oneoff")
)


@dataclass(frozen=True)
class Project:
    """The containers of a project, by service, each service's in the order of their numbers."""

    name: str
    services: Mapping[str, tuple[Container, ...]]

    def first(self, service: str) -> Container | None:
        """A service's first container; None where there is none."""
        return next(iter(self.services.get(service, ())), None)

    @property
    def containers(self) -> tuple[Container, ...]:
        """All of them."""
        return tuple(container for found in self.services.values() for container in found)

    def state(self, service: str) -> str:
        """What became of a service, as `docker compose ps --all` says it."""
        container = self.first(service)
        if container is None:
            return "-"
        status = str(container.raw["State"]["Status"])
        return f"{status} ({container.exit_code})" if status == "exited" else status

    def networks(self) -> set[str]:
        """The networks that its containers are on, without those that every engine has."""
        joined = {name for container in self.containers for name in container.networks}
        return joined - {"bridge", "host", "none"}

    def volumes(self) -> set[str]:
        """The volumes that its containers mount."""
        return {raw["Name"] for container in self.containers for raw in container.raw["Mounts"] if raw.get("Name")}

    def starts(self) -> dict[str, tuple[str, str]]:
        """Which container of each service is the first, and since when it runs."""
        return {name: (found[0].id, found[0].raw["State"]["StartedAt"]) for name, found in self.services.items()}


def service_of(container: Container) -> str:
    """The service that a container belongs to."""
    return str(container.raw["Config"]["Labels"].get(SERVICE, ""))


def compose(dock: Dock, project: str, *words: str, seconds: float = 60) -> Ran:
    """Run `docker compose` in the student's folder, under the name of a project.

    Args:
        words: the command and its options, `up --detach` say.
        seconds: its time limit.
    """
    return dock.run("docker", "compose", "--ansi", "never", "--project-name", project, *words, seconds=seconds)


def find_project(dock: Dock, name: str) -> Project:
    """What there is of a project, running or not, without what `docker compose run` started."""
    wanted = {"label": [f"{PROJECT}={name}", f"{ONE_OFF}=False"]}
    services: dict[str, list[Container]] = {}
    for raw in dock.engine.api.containers(all=True, filters=wanted):
        if container := find_container(dock, raw["Id"]):
            services.setdefault(service_of(container), []).append(container)
    return Project(name, {service: tuple(sorted(found, key=_number)) for service, found in sorted(services.items())})


def _number(container: Container) -> int:
    number = str(container.raw["Config"]["Labels"].get(NUMBER, ""))
    return int(number) if number.isdigit() else 0


def settle(dock: Dock, name: str, listens: Mapping[str, int], seconds: float) -> Project:
    """A project, as soon as each service has ended for good or listens, or the time is up.

    Args:
        listens: service -> the port at which it listens in the end.
    """
    return until(
        lambda: find_project(dock, name),
        lambda project: all(_settled(dock, project.first(service), port) for service, port in listens.items()),
        seconds,
    )


def _settled(dock: Dock, container: Container | None, port: int) -> bool:
    if container is None or container.raw["State"]["Status"] in ("created", "exited", "dead"):
        return True
    return port in {number for _, number in ask(dock, network(container))[0].listening}


def started_at(container: Container) -> datetime:
    """When a container was started last."""
    return datetime.fromisoformat(str(container.raw["State"]["StartedAt"]))


def said_at(dock: Dock, container: Container, text: str) -> datetime | None:
    """When a container said a text last; None where it did not, in its last lines."""
    lines = dock.engine.api.logs(container.id, timestamps=True, tail=200).decode(errors="replace").splitlines()
    times = [line.partition(" ")[0] for line in lines if text in line]
    return datetime.fromisoformat(times[-1]) if times else None


def succeed(dock: Dock, ran: Ran, seconds: float) -> None:
    """Fail with the fitting one of CAUSES unless a command of Compose's ended with code 0."""
    if ran.exit == 0 and not ran.ended_by:
        return
    evidence = [said(ran)]
    if "no configuration file provided" in ran.output:
        fail("script_missing", script=FILE, evidence=evidence)
    if ran.refusals:
        refusal = ran.refusals[0]
        fail("refused_by_policy", script=FILE, asked=refusal.asked, rule=refusal.rule, evidence=evidence)
    if reached := dock.state().reached:
        fail("limit_reached", limits=", ".join(reached), evidence=evidence)
    lines = [line for line in ran.output.splitlines() if line.strip()]
    problem = f"> {seconds:.0f} s" if ran.ended_by else (lines or ["-"])[-1].strip()
    fail("compose_failed", command=shown(ran), code=ran.exit, problem=problem, evidence=evidence)


def shown(ran: Ran) -> str:
    """A command as a student would type it: without the project's name."""
    return " ".join(["docker compose", *ran.command[6:]])


def said(ran: Ran) -> Evidence:
    """What a command printed, as evidence."""
    return Evidence(f"$ {shown(ran)}", output_of(ran).text)


def states(project: Project, services: Iterable[str]) -> Evidence:
    """What became of each service, as evidence."""
    lines = [f"{service}: {project.state(service)}" for service in services]
    return Evidence("$ docker compose ps --all", "\n".join(lines))

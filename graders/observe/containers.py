"""Containers and networks of the dock, as records of what the engine says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import NotFound

from graders.dock import Dock
from graders.verdicts import Evidence


@dataclass(frozen=True)
class Container:
    """One container."""

    name: str
    id: str
    image: str  # as it was asked for
    image_id: str
    running: bool
    exit_code: int
    pid: int  # its first process, in the dock's numbers; 0 where it does not run
    networks: Mapping[str, str]  # name of a network -> its address there
    published: tuple[tuple[str, str, int], ...]  # address and port outside, port inside
    mode: str  # HostConfig.NetworkMode
    links: tuple[str, ...]
    extra_hosts: tuple[str, ...]
    raw: Mapping[str, Any]  # all that inspect says


@dataclass(frozen=True)
class Network:
    """One network."""

    name: str
    id: str
    driver: str
    internal: bool
    members: tuple[str, ...]  # names of containers
    subnets: tuple[str, ...]


def find_container(dock: Dock, name: str) -> Container | None:
    """A container by its name or id; None where there is none."""
    try:
        raw = dock.engine.api.inspect_container(name)
    except NotFound:
        return None
    config, settings = raw["HostConfig"], raw["NetworkSettings"]
    published = [
        (binding["HostIp"], binding["HostPort"], int(inside.partition("/")[0]))
        for inside, bindings in (settings.get("Ports") or {}).items()
        for binding in bindings or ()
    ]
    return Container(
        name=raw["Name"].lstrip("/"),
        id=raw["Id"],
        image=raw["Config"]["Image"],
        image_id=raw["Image"],
        running=raw["State"]["Running"],
        exit_code=raw["State"]["ExitCode"],
        pid=raw["State"]["Pid"],
        networks={name: joined["IPAddress"] for name, joined in settings["Networks"].items()},
        published=tuple(published),
        mode=config["NetworkMode"],
        links=tuple([link for joined in settings["Networks"].values() for link in joined.get("Links") or ()]
                    + list(config.get("Links") or ())),
        extra_hosts=tuple(config.get("ExtraHosts") or ()),
        raw=raw,
    )  # fmt: skip


def find_network(dock: Dock, name: str) -> Network | None:
    """A network by its exact name; None where there is none."""
    for raw in dock.engine.api.networks(names=[name]):
        if raw["Name"] == name:
            raw = dock.engine.api.inspect_network(raw["Id"])
            return Network(
                name=name,
                id=raw["Id"],
                driver=raw["Driver"],
                internal=raw["Internal"],
                members=tuple(sorted(member["Name"] for member in raw["Containers"].values())),
                subnets=tuple(pool["Subnet"] for pool in (raw["IPAM"].get("Config") or ()) if "Subnet" in pool),
            )
    return None


def names(dock: Dock) -> list[str]:
    """The names of all containers, running or not."""
    return sorted(_own_name(raw) for raw in dock.engine.api.containers(all=True))


def _own_name(raw: Mapping[str, Any]) -> str:
    """A container's own name; a linked one is listed under names such as /web/store too."""
    return next((name[1:] for name in raw["Names"] or () if name.count("/") == 1), str(raw["Id"])[:12])


def overview(dock: Dock) -> Evidence:
    """All containers, as `docker ps --all` shows them."""
    lines = [f"{_own_name(raw)}  {raw['Image']}  {raw['Status']}" for raw in dock.engine.api.containers(all=True)]
    return Evidence("$ docker ps --all", "\n".join(sorted(lines)) or "(none)")


def logs(dock: Dock, container: Container, lines: int = 40) -> Evidence:
    """The last lines of a container's log; with `--log-driver none`, or once it is removed, there is none."""
    title, kept = f"$ docker logs --tail {lines} {container.name}", b""
    if (container.raw["HostConfig"].get("LogConfig") or {}).get("Type") == "none":  # the engine would refuse it
        return Evidence(title, "(none: --log-driver none)")
    try:
        for chunk in dock.engine.api.logs(container.id, tail=lines, stream=True, follow=False):
            kept = (kept + chunk)[-65536:]
    except NotFound:
        return Evidence(title, "(none: the container is gone)")
    return Evidence(title, kept.decode(errors="replace") or "(none)")


def fragment(container: Container, *path: str) -> Evidence:
    """The one part of `docker inspect` that matters, for instance `fragment(store, "NetworkSettings", "Networks")`."""
    part: Any = container.raw
    for step in path:
        part = part.get(step) if isinstance(part, dict) else None
    title = f"$ docker inspect --format '{{{{json .{'.'.join(path)}}}}}' {container.name}"
    return Evidence(title, json.dumps(part, indent=1, ensure_ascii=False))


def joined(container: Container) -> Evidence:
    """The networks that a container is on, with its address on each."""
    title = f"$ docker inspect --format '{{{{json .NetworkSettings.Networks}}}}' {container.name}"
    return Evidence(
        title, "\n".join(f"{name}  {address}" for name, address in sorted(container.networks.items())) or "(none)"
    )

"""The container of the outer engine that a dock is."""

from __future__ import annotations

import contextlib

from docker.errors import APIError
from docker.types import EndpointConfig
from testcontainers.core.container import DockerContainer

from graders.dock import watcher
from graders.dock.belongings import API_PORT
from graders.dock.engine import engine, one_line, spoken
from graders.dock.settings import Place, Settings

# What dockerd, containerd and the policy use themselves; the lab's cgroup gets the rest.
ENGINE_MEMORY = 300 << 20
ENGINE_PROCESSES = 400


def dock_container(image: str, settings: Settings, place: Place, host: str) -> DockerContainer:
    """The container that will be a dock, not yet made.

    Args:
        image: the seed.
        settings: the dock's limits and ports.
        place: its network, and what is beside it.
        host: where the outer engine is, as seen from here.
    """
    environment = {
        "EGRESS": "on" if settings.egress else "off",
        # What is written to a file system in memory counts too, for whoever writes it.
        "LAB_MEMORY": str(settings.memory + settings.disk + settings.work - ENGINE_MEMORY),
        "LAB_PIDS": str(settings.processes - ENGINE_PROCESSES),
        "BESIDE": " ".join(dict.fromkeys(place.beside.values())),
    }
    # testcontainers publishes on every address; on this machine only the loopback one is wanted.
    bind = ("127.0.0.1",) if host in ("localhost", "127.0.0.1") else ("0.0.0.0",)  # noqa: S104 - a remote engine's port is of use only if it can be reached; TLS guards it
    container = DockerContainer(image, docker_client_kw=spoken(), env=environment)
    container.ports = {f"{port}/tcp": bind for port in (API_PORT, *settings.ports)}  # type: ignore[misc]
    container.tmpfs = {
        "/data": f"size={settings.disk},mode=711,exec,dev,suid",
        "/work": f"size={settings.work},mode=755,uid=1000,gid=1000,exec,nosuid,nodev",
        "/tmp": "size=64m,mode=1777,exec,nosuid,nodev",  # noqa: S108 - a mount point in the dock
        "/home/student": "size=64m,mode=755,uid=1000,gid=1000,exec,nosuid,nodev",
        "/var/tmp": "size=16m,mode=1777,nosuid,nodev",  # noqa: S108 - likewise
    }
    endpoint = {place.network: EndpointConfig("1.41", ipv4_address=place.address)} if place.address else None
    return container.with_kwargs(
        stdin_open=True,
        cap_add=["ALL"],
        cap_drop=["SYS_RESOURCE"],  # not needed, and not ours to give where we are in a container ourselves
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        cgroupns="private",
        mem_limit=settings.memory + settings.disk + settings.work,
        memswap_limit=settings.memory + settings.disk + settings.work,
        pids_limit=settings.processes,
        hostname=place.host,
        dns=None if settings.egress else ["127.0.0.1"],
        extra_hosts=dict(place.beside),
        network=place.network,
        networking_config=endpoint,
        labels=watcher.labels(),
        log_config={"type": "json-file", "config": {"max-size": "1m"}},
    )


def start_container(container: DockerContainer) -> None:
    """Make and start it.

    Raises:
        APIError: the engine refused.
    """
    try:
        container.start()
    except APIError as problem:
        # An engine that does not have a capability itself may refuse to take it away.
        if "CapDrop" not in str(problem.explanation):
            raise
        container.with_kwargs(**{**container._kwargs, "cap_drop": None})
        container.start()


def published_address(container: DockerContainer, host: str, port: int) -> str:
    """HOST:PORT at which a port of the container is reached from here.

    Raises:
        OSError: it is not published, as when the container has ended.
    """
    details = engine().api.inspect_container(container.get_container_id())
    published = (details["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp")
    if not published:
        raise OSError(f"port {port} of the dock is not published; state: {details['State']['Status']}")
    return f"{host if host != 'localhost' else '127.0.0.1'}:{published[0]['HostPort']}"


def container_log(container: DockerContainer, lines: int = 15) -> str:
    """The last lines of what it said, or why they cannot be had."""
    try:
        return str(engine().api.logs(container.get_container_id(), tail=lines).decode(errors="replace"))
    except Exception as problem:  # noqa: BLE001 - a log that cannot be read must not hide why it was wanted
        return f"(no log: {one_line(problem)})"


def remove_container(container: DockerContainer) -> None:
    """Remove it. Whatever fails here, the watcher tries again when this process ends."""
    with contextlib.suppress(Exception):
        made = container._container is not None  # where the answer to its making was lost, it may still come
        container.stop()
        if made:
            watcher.removed()

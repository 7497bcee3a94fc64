"""Containers of the grader's own in the dock: strangers, neighbours and decoys."""

from __future__ import annotations

import concurrent.futures
import contextlib
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound

from graders.dock import Dock
from graders.observe.containers import Container, find_container

GUEST_LABEL = "org.drydock.guest"
# Random, or a submission could pass off what it leaves behind as a guest, which we remove.
GUEST_LABELS = {GUEST_LABEL: secrets.token_hex(8)}
OURS = {"label": f"{GUEST_LABEL}={GUEST_LABELS[GUEST_LABEL]}"}
GUEST_IMAGE = "busybox"
WAITING = ("sleep", "3600")


def page_server(text: str, port: int) -> tuple[str, ...]:
    """The command of a guest that answers every request with a text."""
    script = 'mkdir -p /www && echo "$0" > /www/index.html && exec httpd -f -p "$1" -h /www'
    return ("sh", "-c", script, text, str(port))


def guest(dock: Dock, network: str, command: Sequence[str] = WAITING, address: str | None = None) -> Container:
    """Start a container of our own, by the id of our own image and under a random name.

    Args:
        network: the network it is on, `bridge` for the default one.
        address: the one it shall have there, where the network's subnet was configured.
    """
    api = dock.engine.api
    endpoint: Any = api.create_endpoint_config(ipv4_address=address) if address else api.create_endpoint_config()
    joined: Any = {network: endpoint}  # the stubs take one endpoint for a network's name and its endpoint
    made = api.create_container(
        image_of_ours(dock),
        list(command),
        name=f"guest-{uuid.uuid4().hex[:8]}",
        labels=GUEST_LABELS,
        networking_config=api.create_networking_config(joined) if network != "bridge" else None,
        host_config=api.create_host_config(network_mode=network),
    )
    api.start(made["Id"])
    found = find_container(dock, made["Id"])
    if found is None:
        raise NotFound("a guest of the grader's disappeared while it started")
    return found


def image_of_ours(dock: Dock) -> str:
    """The id of our image, or of another of the lab's, made of it: a script may prune what no container uses."""
    for image in (dock.image_ids[GUEST_IMAGE], *dock.image_ids.values()):
        with contextlib.suppress(ImageNotFound):
            return str(dock.engine.api.inspect_image(image)["Id"])
    return dock.image_ids[GUEST_IMAGE]


def guests(dock: Dock, networks: Mapping[str, str]) -> dict[str, Container]:
    """Start several waiting guests side by side.

    Args:
        networks: what to call each guest -> its network.
    """
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        started = {name: pool.submit(guest, dock, network) for name, network in networks.items()}
        return {name: future.result() for name, future in started.items()}


def remove_guests(dock: Dock) -> None:
    """Remove all guests, so that none holds a network that the student's script removes."""
    _remove(dock, dock.engine.api.containers(all=True, filters=OURS))


def _remove(dock: Dock, guests: Iterable[Mapping[str, Any]]) -> None:
    """Remove guests side by side: what takes the time is each container's end."""

    def remove(raw: Mapping[str, Any]) -> None:
        with contextlib.suppress(NotFound):
            dock.engine.api.remove_container(raw["Id"], force=True, v=True)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(remove, guests))


def take_address(dock: Dock, network: str, address: str, command: Sequence[str], most: int = 12) -> Container | None:
    """Start guests on a network until one has an address that was just given up; None where none gets it.

    Where the subnet was not configured the engine does not let one ask for an address, but it gives out the
    lowest free one.
    """
    try:
        return guest(dock, network, command, address)
    except APIError as problem:
        if (problem.status_code or 500) >= 500 and "user" not in str(problem.explanation).lower():
            raise
        remove_guests_on(dock, network)
    for _ in range(most):
        taken = guest(dock, network, command)
        if taken.networks.get(network) == address:
            return taken
    return None


def remove_guests_on(dock: Dock, network: str) -> None:
    """Remove the guests on one network, started or only created."""
    there = dock.engine.api.containers(all=True, filters=OURS)
    _remove(dock, [raw for raw in there if network in raw["NetworkSettings"]["Networks"]])

"""Whether a container's health check tells a program that answers from one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from docker.errors import APIError

from graders.dock import Dock
from graders.observe.containers import Container
from graders.observe.guests import GUEST_LABELS, remove_guests
from graders.observe.waiting import until

LONGEST_TRY = 30.0  # seconds; what the engine, too, gives a try of whose length nothing is said


def health_command(container: Container) -> list[str]:
    """What the engine runs as the container's health check; nothing where it has none."""
    kind, *words = (container.raw["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    if kind == "CMD-SHELL":
        return ["/bin/sh", "-c", *words]
    return list(words) if kind == "CMD" else []


def failed_since(container: Container, moment: datetime) -> bool:
    """Whether a try of the health check that was begun after a moment failed, as far as the engine keeps them."""
    tries = (container.raw["State"].get("Health") or {}).get("Log") or ()
    return any(one["ExitCode"] and datetime.fromisoformat(one["Start"]) > moment for one in tries)


def healthy_with(dock: Dock, container: Container, environment: Mapping[str, str]) -> bool:
    """Whether the health check passes in a copy of the container that has no network and other variables.

    Args:
        environment: laid over the container's own.
    """
    api, config = dock.engine.api, container.raw["Config"]
    own = dict(entry.partition("=")[::2] for entry in config.get("Env") or ())
    made = api.create_container(
        container.image_id,
        config.get("Cmd"),
        entrypoint=config.get("Entrypoint"),
        environment={**own, **environment},
        labels=GUEST_LABELS,
        host_config=api.create_host_config(network_mode="none"),
    )
    try:
        api.start(made["Id"])
        job = api.exec_create(made["Id"], health_command(container))["Id"]
        try:
            api.exec_start(job, detach=True)  # one that waits until the program answers would never end
        except APIError:  # the image does not hold what the check runs
            return False
        ended = until(lambda: api.exec_inspect(job), lambda seen: not seen["Running"], _seconds(config))
        return bool(ended["ExitCode"] == 0)
    finally:
        remove_guests(dock)


def _seconds(config: Mapping[str, Any]) -> float:
    """How long one try of a health check may take."""
    asked = config["Healthcheck"].get("Timeout", 0) / 1e9
    return float(min(asked or LONGEST_TRY, LONGEST_TRY))

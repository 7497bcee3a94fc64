"""Who is there to grade: the scheduler, its workers, and whether they grade as this machine would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from distributed import Client

from graders.classes.cluster.contact import Contact
from graders.classes.cluster.facts import Facts, libraries, offered
from graders.dock import Trouble

MEET_SECONDS = 20.0  # for a scheduler, and then for its first worker
RETURN_SECONDS = 300.0  # for one that was there: time to start it again
LEAVE_SECONDS = 5.0


@dataclass(frozen=True)
class Crew:
    """Args:
    slots: how many docks there are for the lab in all.
    strangers: address of a worker that grades it differently -> how.
    """

    slots: int
    strangers: dict[str, Trouble]


def meet(contact: Contact, facts: Facts, seconds: float) -> Client:
    """Connect to a scheduler, wait for a worker, and make sure that all grade alike.

    Args:
        seconds: to wait for each.

    Raises:
        Trouble: `cluster_unreachable`, `cluster_no_worker`, `cluster_scheduler_differs`, `cluster_worker_differs` or
            `cluster_lab_missing`.
    """
    try:
        client = Client(contact.address, security=contact.security, timeout=seconds, set_as_default=False)
    except OSError as problem:
        reason = problem.__cause__ or problem
        raise Trouble(
            "cluster_unreachable", address=contact.address, seconds=f"{seconds:.0f}", problem=reason
        ) from None
    try:
        _wait_for_worker(client, contact, seconds)
        _same_libraries(client, facts)
        for stranger in muster(client, facts).strangers.values():
            raise stranger
    except BaseException:
        client.close(timeout=LEAVE_SECONDS)
        raise
    return client


def muster(client: Client, facts: Facts) -> Crew:
    """Look who is there now.

    Raises:
        OSError: the scheduler is gone.
    """
    slots, strangers = 0, {}
    for address, worker in client.scheduler_info(n_workers=-1)["workers"].items():
        resources: dict[str, float] = worker["resources"]
        slots += int(resources.get(facts.resource, 0))
        if facts.resource not in resources:
            strangers[address] = _stranger(address, facts, offered(resources))
    return Crew(slots, strangers)


def _stranger(address: str, facts: Facts, offers: Iterable[Facts]) -> Trouble:
    for offer in offers:
        if offer.lab == facts.lab:
            differences = "\n".join(f"  {line}" for line in facts.differences(offer))
            return Trouble("cluster_worker_differs", worker=address, differences=differences)
    return Trouble("cluster_lab_missing", worker=address, lab=facts.lab)


def _wait_for_worker(client: Client, contact: Contact, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError:
        raise Trouble("cluster_no_worker", address=contact.address, seconds=f"{seconds:.0f}") from None


def _same_libraries(client: Client, facts: Facts) -> None:
    versions: Any = client.get_versions()
    seen = libraries(versions["scheduler"]["packages"])
    if seen != facts.libraries:
        raise Trouble("cluster_scheduler_differs", expected=facts.libraries, seen=seen)

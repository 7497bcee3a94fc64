"""The store of the availability lab, and what becomes of it when its node is drained."""

from __future__ import annotations

from dataclasses import dataclass

from graders.dock import Dock, Ran
from graders.observe.network import Answer, ask, http
from graders.observe.outages import known, nodes_listed
from graders.observe.scripts import output_of, run_script
from graders.observe.services import Service, Task, all_services, container_of, find_service, refreshed
from graders.observe.swarm import change_nodes, manages
from graders.observe.waiting import until
from graders.verdicts import Evidence

DRAIN_SECONDS = 90
ORDER_SECONDS = 20
RECOVER_SECONDS = 75  # for what was lost to be replaced: the task says 30


@dataclass(frozen=True)
class Drained:
    """How drain.sh was run for a node, and what the Swarm says of the node afterwards."""

    ran: Ran
    node: str
    availability: str


@dataclass(frozen=True)
class Emptied:
    """What became of a node that was taken out of service by drain.sh, and of the store that ran there."""

    ran: Ran
    node: str
    availability: str  # of the node, after the script
    note: str  # that was in the store before; empty where none could be left
    left: tuple[Task, ...]  # what still ran on the node at last
    away: Task | None  # where the store ran meanwhile
    away_page: Answer | None  # what it said there
    back: Task | None  # where it ran when the node was there again
    back_page: Answer | None
    evidence: tuple[Evidence, ...]
    given_up: bool = False  # whether the script has removed the store, or scaled it to 0
    other: Drained | None = None  # the same for another node, where all went well


def empty(dock: Dock, node: str, store: Service | None, note: str) -> Emptied:
    """Have drain.sh empty a node, look what becomes of the store that ran there, and take the node back in.

    Args:
        node: its name.
        store: the service, where it runs there and holds the note.
        note: what was left in it; empty where there is no store.
    """
    drained = _drain(dock, node)
    ran, availability = drained.ran, drained.availability
    given_up = bool(store and _given_up(dock, store))
    store = None if given_up else store  # the Swarm knows nothing of the tasks of a service that was removed
    left: tuple[Task, ...] = ()
    away: Task | None = None
    away_page, evidence = None, [output_of(ran), nodes_listed(dock)]
    try:
        if availability == "drain":
            left = until(lambda: _on(dock, node), lambda found: not found, RECOVER_SECONDS)
            if store:
                away = until(lambda: _refuge(dock, store, node), lambda seen: seen[0], RECOVER_SECONDS)[1]
                away_page = page_of(dock, away) if away else None
                evidence.append(refreshed(dock, store).tasks_listed())
        elif manages(dock):
            left = _on(dock, node)
    finally:
        if manages(dock):  # the script may have taken it out of the Swarm
            _activate(dock)
    back, back_page = None, None
    if store and availability == "drain":
        seconds = 0 if away else RECOVER_SECONDS  # one that runs elsewhere will not come back
        back, back_page = until(lambda: _found(dock, store), lambda seen: seen[1] and seen[1].status == 200, seconds)
        evidence.append(refreshed(dock, store).tasks_listed())
    return Emptied(ran, node, availability, note, left, away, away_page, back, back_page, tuple(evidence), given_up)


def drain_another(dock: Dock, node: str) -> Drained:
    """Have drain.sh take another node out of service, and take it in again: its name may not be typed in the script."""
    try:
        return _drain(dock, node)
    finally:
        if manages(dock):
            _activate(dock)


def leave_note(dock: Dock, store: Service, note: str) -> str:
    """Leave a note in the store; the name of its node, or nothing as long as it does not take it."""
    for task in refreshed(dock, store).running:
        if note in page_of(dock, task).body or page_of(dock, task, f"?add={note}").status == 200:
            return task.node if note in page_of(dock, task).body else ""
    return ""


def page_of(dock: Dock, task: Task, query: str = "") -> Answer:
    """What the store's task says on its node."""
    place = container_of(dock, task)
    if place is None:
        return Answer(error="stopped")
    node, container = place
    return ask(node, http(container, f"http://127.0.0.1:8080/{query}"))[0]


def _drain(dock: Dock, node: str) -> Drained:
    ran = run_script(dock, "drain.sh", {"NODE": node}, DRAIN_SECONDS)
    there = [member for member in known(dock) if member.name == node and member.state == "ready"]
    return Drained(ran, node, there[0].availability if there else "-")


def _on(dock: Dock, node: str) -> tuple[Task, ...]:
    """All tasks that run on a node, or whose containers still do."""
    return tuple(
        task
        for service in all_services(dock)
        for task in service.tasks
        if task.node == node and task.state == "running"
    )


def _refuge(dock: Dock, store: Service, node: str) -> tuple[bool, Task | None]:
    """Whether it is clear what becomes of the store whose node is drained, and the task that answers elsewhere.

    It waits and says why, or is not wanted any more, as a global service on a drained node; or it runs elsewhere.
    """
    wanted = [task for task in refreshed(dock, store).tasks if task.wanted]
    for task in wanted:
        if task.running and task.node != node and page_of(dock, task).status == 200:
            return True, task
    return all(task.reason and not task.node for task in wanted), None


def _given_up(dock: Dock, store: Service) -> bool:
    """Whether nobody asks for the store any more."""
    now = find_service(dock, store.name)
    return not now or not (now.everywhere or now.replicas)


def _found(dock: Dock, store: Service) -> tuple[Task | None, Answer | None]:
    """Where the store runs, and what it says."""
    task = next(iter(refreshed(dock, store).running), None)
    return task, page_of(dock, task) if task else None


def _activate(dock: Dock) -> None:
    """Take every node in again, whichever the script took out."""
    change_nodes(dock, lambda node: {**node["Spec"], "Availability": "active"}, ORDER_SECONDS)


def body(answer: Answer | None) -> str:
    """What a page says; nothing where there is none."""
    return answer.body if answer else ""

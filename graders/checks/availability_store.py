"""The store of the availability lab, and what becomes of it when its node is drained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docker.errors import APIError

from graders.dock import Dock, Ran
from graders.observe.network import Answer, ask, http
from graders.observe.outages import known, nodes_listed
from graders.observe.scripts import output_of, run_script
from graders.observe.services import Service, Task, all_services, container_of, refreshed
from graders.observe.swarm import manages
from graders.observe.waiting import until
from graders.verdicts import Evidence

DRAIN_SECONDS = 90
ORDER_SECONDS = 20
RECOVER_SECONDS = 75  # for what was lost to be replaced: the task says 30


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


def empty(dock: Dock, node: str, store: Service | None, note: str) -> Emptied:
    """Have drain.sh empty a node, look what becomes of the store that ran there, and take the node back in.

    Args:
        node: its name.
        store: the service, where it runs there and holds the note.
        note: what was left in it; empty where there is no store.
    """
    ran = run_script(dock, "drain.sh", {"NODE": node}, DRAIN_SECONDS)
    there = [member for member in known(dock) if member.name == node and member.state == "ready"]
    availability = there[0].availability if there else "-"
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
    return Emptied(ran, node, availability, note, left, away, away_page, back, back_page, tuple(evidence))


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


def _found(dock: Dock, store: Service) -> tuple[Task | None, Answer | None]:
    """Where the store runs, and what it says."""
    task = next(iter(refreshed(dock, store).running), None)
    return task, page_of(dock, task) if task else None


def _activate(dock: Dock) -> None:
    """Take every node in again, whichever the script took out; anew where the Swarm noted something else meanwhile."""
    api: Any = dock.engine.api  # the stubs want another class than the engine's own answer

    def order() -> bool:
        out = [raw for raw in api.nodes() if raw["Spec"]["Availability"] != "active"]
        try:
            for raw in out:
                api.update_node(raw["ID"], raw["Version"]["Index"], {**raw["Spec"], "Availability": "active"})
        except APIError:
            return False
        return not out

    if not until(order, bool, ORDER_SECONDS):
        raise RuntimeError("the nodes cannot be made active again")


def body(answer: Answer | None) -> str:
    """What a page says; nothing where there is none."""
    return answer.body if answer else ""

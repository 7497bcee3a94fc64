"""The ferry of the swarm lab: its pages, and what an update has made of it."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from docker.errors import NotFound

from graders import Dock, Timeline
from graders.dock import Ran
from graders.observe.containers import Container
from graders.observe.network import Answer
from graders.observe.scripts import run_script
from graders.observe.services import Service, Task, container_of, find_service
from graders.observe.swarm import overtaken
from graders.observe.updates import Requests, page
from graders.observe.waiting import until

STACK, PORT = "harbour", 8080
UPDATE_SECONDS, ROLL_SECONDS, PAGE_SECONDS = 90, 60, 15
ROUTE_FILE, LONGEST_ROUTE = "/etc/ferry/route", 4096  # where a ferry looks first; bytes of it that are read
RUNS = 3  # of a script that the Swarm overtook
BUILD = "org.drydock.ferry.build"  # a label of the images that update.sh is given
BUSY = ("updating", "rollback_started")


@dataclass(frozen=True)
class Updated:
    """The ferry after update.sh, and the requests that went on meanwhile."""

    ran: Ran
    image: str  # that the script was given
    version: str
    before: Service
    after: Service
    requests: Requests
    tried: bool = False  # whether a container of the image ran beside the service, before it was rolled out


def update(dock: Dock, dice: random.Random, version: str, timeline: Timeline) -> Updated:
    """Run update.sh with a version while requests run, until the ferry is a new one or will not be."""
    image = version_of(dock, dice, version)
    found = find_service(dock, f"{STACK}_ferry")
    assert found
    before = at_rest(dock, found)
    addresses = [node.address(PORT) for node in with_page(dock)]
    with Requests(addresses, sails) as requests:
        until(lambda: requests.asked, lambda asked: asked >= len(addresses), PAGE_SECONDS)
        timeline.mark("update_begins")
        ran = run(dock, "update.sh", {"REGISTRY": dock.place.registry, "IMAGE": image}, UPDATE_SECONDS)
        after = before
        if ran.exit == 0:
            after = until(lambda: now(dock, before), lambda seen: _settled(seen, before), ROLL_SECONDS)
            # One that is not open yet shows only now: until each new one was heard, or one and a request is lost.
            until(
                lambda: len(_hosts(requests, version)),
                lambda heard: heard >= (1 if requests.lost else len(after.running)),
                PAGE_SECONDS,
            )
    timeline.mark("update_done", "recovered" if not requests.lost else "broken")
    return Updated(ran, image, version, before, after, requests)


def run(dock: Dock, name: str, environment: Mapping[str, str], seconds: float) -> Ran:
    """Run a script that may be run twice; once more where the Swarm overtook it."""
    for _ in range(RUNS):
        ran = run_script(dock, name, environment, seconds)
        if not overtaken(ran):
            break
    return ran


def version_of(dock: Dock, dice: random.Random, version: str) -> str:
    """An image of a version of the ferry, under a name that nobody could know before, and known by a label."""
    tag, api = f"build-{dice.randrange(10**8)}", dock.engine.api
    made = api.create_container(dock.image_ids[f"ferry-{version}"])["Id"]
    try:
        api.commit(made, "drydock/ferry", tag, changes=[f"LABEL {BUILD}={tag}"])
    finally:
        api.remove_container(made, v=True)
    return f"drydock/ferry:{tag}"


def is_made_of(raw: Mapping[str, Any], image: str) -> bool:
    """Whether an image or a container is of an image of `version_of`, or of one that a script built on it."""
    return str((raw["Config"].get("Labels") or {}).get(BUILD)) == image.rpartition(":")[2]


def was_tried(dock: Dock, names: Iterable[str], image: str) -> bool:
    """Whether one of these names of images stands for an image of `version_of`, or for one built on it."""
    for name in names:
        with contextlib.suppress(NotFound):  # ImageNotFound is one
            if is_made_of(dock.engine.api.inspect_image(name), image):
                return True
    return False


def with_page(dock: Dock) -> list[Dock]:
    """The nodes whose pier answers well now; all where none does."""
    return [node for node in dock.nodes if sails(page(node.address(PORT)))] or list(dock.nodes)


def page_of(node: Dock) -> Answer:
    """The page of a node's pier, as soon as it is the ferry's."""
    return until(lambda: page(node.address(PORT)), sails, PAGE_SECONDS)


def sails(answer: Answer) -> bool:
    """Whether an answer is a ferry's page."""
    return answer.status == 200 and answer.body.startswith("ferry ")


def strange_host(dock: Dock, ferry: Service, answer: Answer) -> str:
    """The host that a ferry's page names, where no task of the ferry has it; empty where one has.

    An image of the student's own may say more in this line.
    """
    words = re.findall(r"[\w.-]*\w", answer.body.splitlines()[0])
    tasks = [*ferry.tasks, *now(dock, ferry).tasks]  # one may have been replaced since
    hosts = {str(place[1].raw["Config"]["Hostname"]) for task in tasks if (place := container_of(dock, task))}
    return words[-1] if hosts and not hosts & set(words) else ""


def route_by_variable(dock: Dock, ferry: Service, route: str) -> bool:
    """Whether a variable alone brings the ferry its route: the file where it looks first does not hold it."""
    if not any(route in str(entry) for entry in ferry.container_spec.get("Env") or ()):
        return False
    places = [place for task in ferry.running if (place := container_of(dock, task)) and place[1].running]
    return bool(places) and not any(route in _route_file(node, container) for node, container in places)


def _route_file(node: Dock, container: Container) -> str:
    """What a ferry finds in its file; `docker cp` would not see a config."""
    script = f'[ ! -f "$0" ] || head -c {LONGEST_ROUTE} -- "$0" 2>/dev/null || true'
    return node.output("sh", "-c", script, f"/proc/{container.pid}/root{ROUTE_FILE}")


def now(dock: Dock, fallback: Service) -> Service:
    """The ferry as it is now; as it was where it is gone for the moment."""
    return find_service(dock, f"{STACK}_ferry") or fallback


def at_rest(dock: Dock, fallback: Service) -> Service:
    """The ferry when its last update is over: the Swarm watches the new tasks for some seconds more."""
    return until(lambda: now(dock, fallback), lambda seen: seen.update not in BUSY, ROLL_SECONDS)


def size_of(service: Service) -> int:
    """How many tasks a service is to have where it runs; a global one, as many as there are."""
    wanted = sum(task.wanted for task in service.tasks) if service.everywhere else service.replicas
    return max(wanted, 1)


def arrived(updated: Updated) -> bool:
    """Whether every ferry is a new one, and the pages say so."""
    return _renewed(updated.after, updated.before) and bool(_hosts(updated.requests, updated.version))


def other_image(dock: Dock, updated: Updated) -> str:
    """The image of a ferry that was not made of the one that the script was given; empty where each was."""
    for task in updated.after.running:
        place = container_of(dock, task)
        if place and not is_made_of(place[1].raw, updated.image):
            return task.image
    return ""


def blame(updated: Updated, blind: bool) -> str:
    """Why an update lost requests."""
    if blind:
        return "no_health_check"
    plan, replicas = updated.before.plan, size_of(updated.before)
    at_once = plan["Parallelism"] or replicas
    same = updated.after.id == updated.before.id
    return "stopped_first" if same and plan["Order"] == "stop-first" and at_once >= replicas else "requests_lost"


def newer(seen: Service, before: Service) -> list[Task]:
    """The tasks of another image that were not there before."""
    known = {task.id for task in before.tasks}
    return [task for task in seen.tasks if task.image != before.image and task.id not in known]


def rolled_back(seen: Service, before: Service) -> bool:
    """Whether all are of the image before: the Swarm went back, or was given this image after another."""
    given_back = seen.update == "completed" and bool(newer(seen, before))
    return (
        (seen.update in ("rollback_started", "rollback_completed") or given_back)
        and seen.image == before.image
        and seen.steady(size_of(seen))
        and all(task.image == before.image for task in seen.running)
    )


def untouched(seen: Service, before: Service) -> bool:
    """Whether nobody tried to roll anything out."""
    return seen.template == before.template and not newer(seen, before) and not seen.update.startswith("rollback")


def ended(seen: Service, before: Service, blind: bool) -> bool:
    """Whether it is clear what became of the image that does not work."""
    if rolled_back(seen, before) or seen.update in ("paused", "completed", "rollback_paused"):
        return True
    tasks = newer(seen, before)
    goes_back = seen.image == before.image or (seen.plan["FailureAction"] == "rollback" and seen.id == before.id)
    kept_on = not goes_back and any(task.state == "failed" for task in tasks)
    return kept_on or untouched(seen, before) or (blind and any(task.running for task in tasks))


def _settled(seen: Service, before: Service) -> bool:
    """Whether an update has come to its end, or never began."""
    if seen.template == before.template and seen.id == before.id:
        return True
    return _renewed(seen, before) or seen.update in ("paused", "rollback_completed", "rollback_paused")


def _renewed(seen: Service, before: Service) -> bool:
    """Whether all tasks run, and all from another image."""
    return seen.steady(size_of(seen)) and all(task.image != before.image for task in seen.running)


def _hosts(requests: Requests, version: str) -> set[str]:
    """The first lines of the pages of a version: which ferry answered."""
    return {body.splitlines()[0] for body in list(requests.bodies) if body.startswith(f"ferry {version} ")}

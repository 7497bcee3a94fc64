"""The checks of the swarm lab: services on three nodes, and updates that nobody notices."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders import Dock, Evidence, Timeline, check, fail, not_assessable, partly, scene
from graders.checks import swarm_ferry as ferries
from graders.checks.swarm_ferry import PAGE_SECONDS, PORT, ROLL_SECONDS, STACK, UPDATE_SECONDS, Updated
from graders.dock import Ran
from graders.observe.events import recorded
from graders.observe.health import health_command, healthy_with
from graders.observe.mesh import all_good, at_each_node, at_last, carries
from graders.observe.network import Answer
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.services import Service, all_services, container_of, find_service
from graders.observe.swarm import Member, change_nodes, has_ipvs, members
from graders.observe.updates import in_registry
from graders.observe.waiting import until

MESH_PORT, REPLICAS = 8081, 3
NAMES = ("ferry", "pier", "crane")
SCRIPT_SECONDS, JOINED_SECONDS, RUN_SECONDS, MOVE_SECONDS = 60, 20, 40, 30
SLOW_SECONDS = 60  # more, for the engines of a busy machine to start what nothing else holds up
TRIES = 2  # of an update that loses requests for no visible reason
LABEL, YES = "crane", "yes"
LABEL_SECONDS = 20  # for a node to have it
WRITE = 'printf "%s\\n" "$1" > "$0" && chmod 644 "$0"'


@dataclass(frozen=True)
class Joined:
    """The Swarm that join.sh made."""

    ran: Ran
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Deployed:
    """What deploy.sh made, with settings that nobody could know before."""

    ran: Ran
    route: str
    password: str
    crane: str  # the node that shall have it
    environment: Mapping[str, str]

    @property
    def seal(self) -> str:
        """What the ferry makes of the password."""
        return hashlib.md5(self.password.encode(), usedforsecurity=False).hexdigest()[:12]


@dataclass(frozen=True)
class Running:
    """The services once they run, or when the time is up; with the pages of the piers, by node."""

    services: Mapping[str, Service]
    pages: Mapping[str, Answer]


@dataclass(frozen=True)
class Again:
    """The services before and after a second run of deploy.sh."""

    ran: Ran
    before: Mapping[str, Service]
    after: Mapping[str, Service]


@scene
def joined(dock: Dock) -> Joined:
    """Have the script form the Swarm."""
    others = [node.place.host for node in dock.nodes[1:]]
    environment = {"NODES": " ".join(others), "MANAGER": f"{dock.place.host}:2377"}
    ran = run_script(dock, "join.sh", environment, SCRIPT_SECONDS)
    found = members(dock)
    if ran.exit == 0 and found:
        ready = lambda seen: all(member.state == "ready" for member in seen)  # noqa: E731 - read where it is used
        found = until(lambda: members(dock), ready, JOINED_SECONDS)
    return Joined(ran, found)


@scene
def deployed(dock: Dock, dice: random.Random, joined: Joined) -> Deployed:
    """Deploy with a random route, password and place for the crane."""
    route, password = f"route-{dice.randrange(10**8)}", f"password-{dice.getrandbits(64):016x}"
    dock.run("sh", "-c", WRITE, "route.txt", route)
    dock.run("sh", "-c", WRITE, "password.txt", password)
    crane = _place_for_crane(dock, dice)
    environment = {"REGISTRY": dock.place.registry, "CRANE_NODE": crane}
    ran = ferries.run(dock, "deploy.sh", environment, SCRIPT_SECONDS)
    return Deployed(ran, route, password, crane, environment)


@scene
def running(dock: Dock, deployed: Deployed) -> Running:
    """Wait until the services run and every pier has a page, or until it is clear that they will not."""
    services = _settle(dock, RUN_SECONDS)
    pages = {}
    if "pier" in services:
        for node in dock.nodes:
            pages[node.place.host] = (
                ferries.page_of(node) if _on(services["pier"], node) else Answer(error="no pier here")
            )
    return Running(services, pages)


@scene
def again(dock: Dock, deployed: Deployed, running: Running) -> Again:
    """Deploy a second time, with nothing changed."""
    ran = ferries.run(dock, "deploy.sh", deployed.environment, SCRIPT_SECONDS)
    return Again(ran, running.services, _services(dock))


@scene
def moved(dock: Dock, dice: random.Random, deployed: Deployed, again: Again) -> str:
    """Take the crane's label to another node; the Swarm moves the crane while the next checks run."""
    # To the first node or the other worker: where a constraint names a node, it cannot be right by chance.
    there = dice.choice([node.place.host for node in dock.nodes if node.place.host != deployed.crane])

    def labelled(node: Mapping[str, Any]) -> dict[str, Any]:
        has = node["Spec"].get("Labels") or {}
        wanted = {key: value for key, value in has.items() if key != LABEL}
        if node["Description"]["Hostname"] == there:
            wanted[LABEL] = YES
        return {**node["Spec"], "Labels": wanted} if wanted != has else node["Spec"]

    change_nodes(dock, labelled, LABEL_SECONDS)
    return there


@scene
def updated(dock: Dock, dice: random.Random, moved: str, timeline: Timeline) -> Updated:
    """Roll the second version out while requests run; once more if some are lost for no visible reason."""
    _settle(dock, RUN_SECONDS)
    new, old = "2", "1"
    for left in reversed(range(TRIES)):
        seen = ferries.update(dock, dice, new, timeline)
        if (
            not left
            or not seen.requests.lost
            or not ferries.arrived(seen)
            or ferries.blame(seen, not _has_health_check(dock, seen.after)) != "requests_lost"
        ):
            break
        new, old = old, new
    return seen


@scene
def blind(dock: Dock, updated: Updated) -> bool:
    """Whether the ferry has no health check, or one that passes before the program answers."""
    return not _has_health_check(dock, updated.after)


@scene
def broken(dock: Dock, dice: random.Random, updated: Updated, blind: bool, timeline: Timeline) -> Updated:
    """Try to roll out an image whose program never works."""
    image = ferries.version_of(dock, dice, "3")
    before = ferries.at_rest(dock, updated.after)
    timeline.mark("bad_update", "broken")
    with contextlib.ExitStack() as stack:  # a task that tries the image may be on any node
        events = [stack.enter_context(recorded(node)) for node in dock.nodes]
        told = {"REGISTRY": dock.place.registry, "IMAGE": image}
        ran = ferries.run(dock, "update.sh", told, UPDATE_SECONDS)
    after = until(lambda: ferries.now(dock, before), lambda seen: ferries.ended(seen, before, blind), ROLL_SECONDS)
    if after.update == "rollback_started":  # in time; how long it takes is the machine's
        after = until(lambda: ferries.now(dock, before), lambda seen: ferries.ended(seen, before, blind), SLOW_SECONDS)
    if ferries.rolled_back(after, before):
        timeline.mark("rolled_back", "recovered")
    begun = {event.image for event in itertools.chain(*events) if event.action == "start"}
    tried = ferries.was_tried(dock, begun, image)
    return Updated(ran, image, "3", before, after, updated.requests, tried)


@check
def join_works(dock: Dock, joined: Joined) -> None:
    """join.sh ends well."""
    succeed(dock, joined.ran, "join.sh", SCRIPT_SECONDS)


@check
def nodes_joined(dock: Dock, joined: Joined) -> None:
    """The first node manages the Swarm, and the others work in it."""
    wanted = [(node.place.host, node is dock, "ready", "active") for node in dock.nodes]
    if [(seen.name, seen.manager, seen.state, seen.availability) for seen in joined.members] != wanted:
        lines = [
            f"{seen.name} ({'manager' if seen.manager else 'worker'}, {seen.state}, {seen.availability})"
            for seen in joined.members
        ]
        evidence = [output_of(joined.ran), Evidence("$ docker node ls", "\n".join(lines) or "(no Swarm)")]
        fail("nodes_missing", nodes=", ".join(lines) or "-", evidence=evidence)


@check
def deploy_works(dock: Dock, deployed: Deployed) -> None:
    """deploy.sh ends well."""
    succeed(dock, deployed.ran, "deploy.sh", SCRIPT_SECONDS)


@check
def services_run(dock: Dock, deployed: Deployed, running: Running) -> None:
    """All tasks of the three services run, on whichever node."""
    for name in NAMES:
        service = running.services.get(name)
        if service is None:
            evidence = [output_of(deployed.ran)]
            fail("service_missing", service=name, state="-", evidence=evidence)
        if not in_registry(dock, service.image):
            fail("image_only_local", service=name, image=service.image, evidence=[service.tasks_listed()])
    for name, service in running.services.items():
        if not service.steady(_count(dock, service)):
            evidence = [service.tasks_listed(), output_of(deployed.ran)]
            fail("service_missing", service=name, state=service.says(), evidence=evidence)


@check
def images_by_digest(running: Running) -> None:
    """Each service says by digest which image it runs."""
    for name, service in running.services.items():
        if "@sha256:" not in service.image:
            evidence = [service.fragment("Spec", "TaskTemplate", "ContainerSpec", "Image")]
            fail("no_digest", service=name, image=service.image, evidence=evidence)


@check
def replicas_spread(dock: Dock, running: Running) -> None:
    """Three of the ferry run, on three nodes."""
    ferry = running.services["ferry"]
    if len(ferry.running) < REPLICAS:
        fail("too_few_replicas", count=len(ferry.running), evidence=[ferry.tasks_listed()])
    on = sorted({task.node for task in ferry.running})
    if len(on) < len(dock.nodes):
        facts = {"nodes": ", ".join(on), "constraints": ", ".join(ferry.constraints) or "-"}
        evidence = [ferry.tasks_listed(), ferry.fragment("Spec", "TaskTemplate", "Placement")]
        fail("pinned_to_one_node", **facts, evidence=evidence)


@check
def pier_everywhere(running: Running) -> None:
    """There is a pier on every node, however many there are."""
    pier = running.services["pier"]
    if not pier.everywhere:
        fail("pier_not_global", count=len(pier.running), evidence=[pier.fragment("Spec", "Mode"), pier.tasks_listed()])


@check
def ferry_by_name(dock: Dock, running: Running) -> None:
    """The pier of every node finds the ferry by its name: the page says what the ferry answers."""
    bad = {node: answer for node, answer in running.pages.items() if not ferries.sails(answer)}
    if not bad:
        for node, answer in running.pages.items():
            if host := ferries.strange_host(dock, running.services["ferry"], answer):
                seen = Evidence(f"$ curl http://{node}:{PORT}/", answer.says())
                evidence = [seen, running.services["ferry"].tasks_listed()]
                fail("page_of_no_ferry", node=node, host=host, evidence=evidence)
        return
    mode = (running.services["ferry"].raw["Spec"].get("EndpointSpec") or {}).get("Mode", "vip")
    evidence = [Evidence(f"$ curl http://{node}:{PORT}/", answer.says()) for node, answer in running.pages.items()]
    evidence += [running.services[name].fragment("Endpoint") for name in ("pier", "ferry")]
    node, answer = next(iter(bad.items()))
    facts = {"node": node, "answer": answer.says(), "mode": mode}
    if len(bad) < len(running.pages):
        partly((len(running.pages) - len(bad)) / len(running.pages) / 2, "page_fails", **facts, evidence=evidence)
    fail("page_fails", **facts, evidence=evidence)


@check
def mesh_answers(dock: Dock, running: Running) -> None:
    """Every node takes requests for the crane, which stands on one of them."""
    if not has_ipvs(dock):
        not_assessable("no_ipvs")
    if all_good(at_last(dock, MESH_PORT, _stands, PAGE_SECONDS), _stands):
        return
    if not carries(dock):
        not_assessable("mesh_is_mute")
    pages = at_each_node(dock, MESH_PORT)
    bad = {node: answer for node, answer in pages.items() if not _stands(answer)}
    if bad:
        node, answer = next(iter(bad.items()))
        crane = running.services["crane"]
        evidence = [Evidence(f"$ curl http://{name}:{MESH_PORT}/", seen.says()) for name, seen in pages.items()]
        evidence += [crane.fragment("Endpoint"), crane.tasks_listed()]
        ports = ", ".join(f"{outside} -> {inside} ({mode})" for mode, outside, inside in crane.published) or "-"
        fail("not_through_mesh", node=node, answer=answer.says(), ports=ports, evidence=evidence)


@check
def settings_given(dock: Dock, deployed: Deployed, running: Running) -> None:
    """The ferry has its route from a config and its password from a secret, which shows nowhere."""
    ferry = running.services["ferry"]
    body = next(answer.body for answer in running.pages.values() if ferries.sails(answer))
    evidence = [Evidence(f"$ curl http://{dock.place.host}:{PORT}/", body)]
    spec = ferry.container_spec
    if where := _shown(dock, running, deployed.password):
        evidence.append(Evidence(f"$ docker service inspect {ferry.name}", f"{where}: (the password)"))
        fail("password_shown", where=where, evidence=evidence)
    for what, file, text, kind in (
        ("route", "route.txt", f"route: {deployed.route}", "Configs"),
        ("seal", "password.txt", f"seal: {deployed.seal}", "Secrets"),
    ):
        evidence.append(ferry.fragment("Spec", "TaskTemplate", "ContainerSpec", kind))
        if text not in body or not spec.get(kind):
            line = next((line for line in body.splitlines() if line.startswith(what)), "-")
            seen = f"{line}; {kind}: {len(spec.get(kind) or ())}"
            fail("setting_missing", file=file, kind=kind, wanted=text, seen=seen, evidence=evidence)
    if ferries.route_by_variable(dock, ferry, deployed.route):
        facts = {"file": "route.txt", "kind": "Configs", "wanted": f"{ferries.ROUTE_FILE}: {deployed.route}"}
        evidence.append(ferry.fragment("Spec", "TaskTemplate", "ContainerSpec", "Env"))
        fail("setting_missing", **facts, seen=f"route: {deployed.route}; ContainerSpec.Env", evidence=evidence)


@check
def deploys_again(dock: Dock, again: Again) -> None:
    """A second deploy.sh with nothing changed leaves every task alone."""
    succeed(dock, again.ran, "deploy.sh", SCRIPT_SECONDS)
    for name, before in again.before.items():
        after = again.after.get(name)
        if after is None or after.id != before.id or after.template != before.template or _driven_off(before, after):
            evidence = [output_of(again.ran), *([after.tasks_listed()] if after else ())]
            fail("tasks_replaced", service=name, evidence=evidence)


@check
def update_arrives(dock: Dock, updated: Updated) -> None:
    """update.sh ends well, and every ferry is a new one."""
    succeed(dock, updated.ran, "update.sh", UPDATE_SECONDS)
    evidence = [output_of(updated.ran), updated.after.tasks_listed()]
    newer = ferries.newer(updated.after, updated.before)
    for image in sorted({task.image for task in newer}):
        if not in_registry(dock, image):
            fail("image_only_local", service="ferry", image=image, evidence=evidence)
    if not ferries.arrived(updated):
        facts = {"state": f"{updated.after.says()}; {updated.after.update or '-'}", "version": updated.version}
        if updated.after.update == "updating" and newer:
            if any("no suitable node" in task.reason for task in newer if task.wanted):
                evidence += [updated.after.fragment("Spec", "UpdateConfig"), _placement_of(updated.after)]
                fail("no_room_for_new", **facts, evidence=evidence)
            evidence += [_health_of(updated.after), updated.after.fragment("Spec", "UpdateConfig")]
            fail("update_too_slow", seconds=ROLL_SECONDS, **facts, evidence=evidence)
        fail("update_not_done", **facts, evidence=evidence)
    if other := ferries.other_image(dock, updated):
        state = f"{other.partition('@')[0]}, not from $IMAGE, {updated.image}"
        fail("update_not_done", state=state, version=updated.version, evidence=evidence)


@check
def no_request_lost(dock: Dock, updated: Updated, blind: bool) -> None:
    """While it was updated, the ferry answered every request."""
    requests = updated.requests
    if not requests.asked:
        raise RuntimeError("the grader asked nothing while the service was updated")
    # One that says nothing loses requests by luck alone: how many reach a ferry that is not open yet.
    if requests.lost or blind:
        plan = updated.before.plan
        facts = {
            "lost": len(requests.lost),
            "asked": requests.asked,
            "replicas": ferries.size_of(updated.before),
            "parallelism": plan["Parallelism"] or "all",
            "order": plan["Order"],
        }
        evidence = [requests.counted(), updated.before.fragment("Spec", "UpdateConfig"), updated.after.tasks_listed()]
        fail(ferries.blame(updated, blind), **facts, evidence=evidence)


@check
def bad_image_rolls_back(dock: Dock, broken: Updated, blind: bool) -> None:
    """An image whose program never works does not become the ferry: the Swarm goes back by itself."""
    before, after = broken.before, broken.after
    evidence = [output_of(broken.ran), after.tasks_listed(), after.fragment("UpdateStatus")]
    if broken.ran.ended_by or broken.ran.exit < 0:
        succeed(dock, broken.ran, "update.sh", UPDATE_SECONDS)
    if ferries.rolled_back(after, before) or (broken.tried and ferries.untouched(after, before)):
        answers = [ferries.page_of(node) for node in ferries.with_page(dock)]
        if not any(ferries.sails(answer) for answer in answers):
            raise RuntimeError(f"the ferry was rolled back and does not answer: {answers}")
        return
    # Behind a health check a task that fails may be shown as running for a moment, while its node is busy.
    kept = blind or after.update == "completed"
    if kept and any(task.image != before.image and task.running for task in after.tasks):
        fail("no_health_check", lost=0, asked=0, evidence=[*evidence, _health_of(after)])
    facts = {"state": after.update or "-", "action": after.plan["FailureAction"]}
    fail("no_rollback", **facts, evidence=[*evidence, after.fragment("Spec", "UpdateConfig")])


@check
def crane_follows_label(dock: Dock, deployed: Deployed, running: Running, moved: str) -> None:
    """The crane stands on the node with the label, and goes where the label goes."""
    first = sorted({task.node for task in running.services["crane"].running})
    crane = until(
        lambda: find_service(dock, f"{STACK}_crane"),
        lambda seen: seen is None or [task.node for task in seen.running] == [moved],
        MOVE_SECONDS if first == [deployed.crane] else 0,
    )
    now = sorted({task.node for task in crane.running}) if crane else []
    if first != [deployed.crane] or now != [moved]:
        facts = {
            "wanted": deployed.crane,
            "first": ", ".join(first) or "-",
            "then": moved,
            "now": ", ".join(now) or "-",
        }
        evidence = [crane.fragment("Spec", "TaskTemplate", "Placement"), crane.tasks_listed()] if crane else []
        fail("label_ignored", **facts, evidence=evidence)


def _services(dock: Dock) -> dict[str, Service]:
    """The services of the stack that are there."""
    found = {service.name: service for service in all_services(dock)}
    return {name: found[f"{STACK}_{name}"] for name in NAMES if f"{STACK}_{name}" in found}


def _place_for_crane(dock: Dock, dice: random.Random) -> str:
    """One of the workers, that which the submission names less often: a typed name is not to be right by chance."""
    names = [node.place.host for node in dock.nodes[1:]]
    found = dock.run(
        "grep", "-rhowF", *(word for name in names for word in ("-e", name)), ".", seconds=10
    ).output.split()
    least = min(found.count(name) for name in names)
    return dice.choice([name for name in names if found.count(name) == least])


def _settle(dock: Dock, seconds: float) -> dict[str, Service]:
    """The services as soon as all their tasks run; earlier where one is missing or its image is in no registry."""

    def enough(seen: Mapping[str, Service]) -> bool:
        if len(seen) < len(NAMES) or all(one.steady(_count(dock, one)) for one in seen.values()):
            return True
        refused = [one for one in seen.values() if any(task.state == "rejected" for task in one.tasks)]
        return any(not in_registry(dock, one.image) for one in refused)

    seen = until(lambda: _services(dock), enough, seconds)
    if enough(seen) or not _held_up(dock, seen):
        return seen
    seen = until(lambda: _services(dock), lambda now: enough(now) or not _held_up(dock, now), SLOW_SECONDS)
    if not enough(seen) and _held_up(dock, seen):
        # Tried again in fresh docks.
        raise RuntimeError(f"the engines do not start their containers: {[one.says() for one in seen.values()]}")
    return seen


def _held_up(dock: Dock, services: Mapping[str, Service]) -> bool:
    """Whether all that lacks are containers that their engines have still to start: no fault of the student's."""
    late = [task for one in services.values() for task in one.tasks if task.wanted and not task.running]
    places = [container_of(dock, task) for task in late if task.state == "starting"]
    return 0 < len(late) == len(places) and not any(place and place[1].running for place in places)


def _count(dock: Dock, service: Service) -> int:
    """How many tasks a service should have."""
    # A crane on each labelled node is one crane, too; a ferry or a pier that leaves nodes out is not what was asked.
    everywhere = service.everywhere and not (service.name.endswith("_crane") and service.constraints)
    return len(dock.nodes) if everywhere else ferries.size_of(service)


def _driven_off(before: Service, after: Service) -> bool:
    """Whether a task that ran was rejected since: its node did not meet the constraints any more, for a moment."""
    ran = {task.id for task in before.running}
    return any(task.id in ran and task.state == "rejected" for task in after.tasks)


def _on(service: Service, node: Dock) -> bool:
    return any(task.node == node.place.host for task in service.running)


def _stands(answer: Answer) -> bool:
    return answer.status == 200 and answer.body.startswith("crane ")


def _has_health_check(dock: Dock, ferry: Service) -> bool:
    """Whether its containers have a health check that does not pass before the program answers."""
    place = next(filter(None, (container_of(dock, task) for task in ferry.running)), None)
    if place is None:
        return True
    node, container = place
    return bool(health_command(container)) and not healthy_with(node, container, {"START": "3600"})


def _placement_of(service: Service) -> Evidence:
    return service.fragment("Spec", "TaskTemplate", "Placement")


def _health_of(service: Service) -> Evidence:
    return service.fragment("Spec", "TaskTemplate", "ContainerSpec", "Healthcheck")


def _shown(dock: Dock, running: Running, password: str) -> str:
    """Where anybody can read the password; empty where nobody can."""
    for name, service in running.services.items():
        for part in ("Env", "Args", "Command", "Labels"):
            if password in json.dumps(service.container_spec.get(part)):
                return f"{name}: ContainerSpec.{part}"
        if password in json.dumps(service.raw["Spec"].get("Labels")):
            return f"{name}: Labels"
    for config in dock.engine.api.configs():
        data = str(config["Spec"].get("Data") or "")
        if password.encode() in base64.b64decode(data):
            return f"config {config['Spec']['Name']}"
    return ""

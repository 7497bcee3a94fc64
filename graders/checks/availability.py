"""The checks of the availability lab: high availability, limits and reservations in a Swarm of three nodes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from graders import Dock, Evidence, Timeline, check, fail, not_assessable, scene
from graders.checks.availability_store import (
    DRAIN_SECONDS,
    RECOVER_SECONDS,
    Emptied,
    body,
    drain_another,
    empty,
    leave_note,
    page_of,
)
from graders.dock import Ran
from graders.observe.cgroups import Limits, kernel_offers, limits, take_memory
from graders.observe.containers import Container, find_container, fragment, logs
from graders.observe.network import Answer
from graders.observe.outages import (
    Visits,
    bring_back,
    known,
    leader,
    managers,
    nodes_listed,
    pages,
    takes_orders,
    visitors,
)
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.services import Service, Task, all_services, container_of, find_service, refreshed
from graders.observe.storage import mounted
from graders.observe.swarm import manages, overtaken
from graders.observe.waiting import until

UP_SECONDS, REPORT_SECONDS = 120, 60
SETTLE_SECONDS = 40  # for services and managers to get ready after up.sh
GIVEN_UP_SECONDS = 20  # for the Swarm to think better of it
ELECTION_SECONDS = 150  # without their leader managers need 10 to 35 s
PORT = 8080
NODES, LEAST = 3, 2  # managers that are asked for; nodes on which web has to answer
MIB, GIB = 1 << 20, 1 << 30
KILLED = 137  # 128 + SIGKILL
SECOND = 10**9  # in nanoseconds
BACK_SECONDS = 30  # in which web is on two nodes again; what takes a busy machine longer is no fault of the service's


@dataclass(frozen=True)
class Raised:
    """How up.sh was run."""

    ran: Ran
    environment: Mapping[str, str]

    @property
    def message(self) -> str:
        """What the page has to say."""
        return self.environment["MESSAGE"]

    def mebibytes(self, key: str) -> int:
        """A variable in MiB, as bytes."""
        return int(self.environment[key]) * MIB


@dataclass(frozen=True)
class Web:
    """The service web as it was when it had settled."""

    service: Service
    tasks: tuple[Task, ...]  # those that are wanted
    pages: Mapping[str, str]  # node -> what it says at the port
    right: tuple[str, ...]  # the nodes whose page has the message

    def evidence(self, dock: Dock) -> list[Evidence]:
        """The tasks, and what each node says."""
        said = [f"{node.place.host}: {self.pages.get(node.place.host, '(no page)').strip()}" for node in dock.nodes]
        return [refreshed(dock, self.service).tasks_listed(), Evidence(f"$ curl http://NODE:{PORT}/", "\n".join(said))]


@scene
def raised(dock: Dock, dice: random.Random) -> Raised:
    """Run up.sh with values that nobody could know before."""
    largest = max(int(node["Description"]["Resources"]["MemoryBytes"]) for node in dock.engine.api.nodes())
    environment = {
        "MESSAGE": f"harbour-{dice.randrange(10**8)}",
        "MEMORY": str(dice.randrange(40, 72)),
        "CPUS": f"{dice.randrange(4, 13) * 0.05:.2f}",
        "RESERVE": str(dice.randrange(16, 32)),
        "GIANT": str((largest // GIB + 1) * 2 + dice.randrange(30)),
    }
    ran = run_script(dock, "up.sh", environment, UP_SECONDS)
    if overtaken(ran) and until(lambda: leader(dock), bool, SETTLE_SECONDS):
        # Tried again in fresh docks.
        raise RuntimeError(f"the Swarm was not ready for up.sh: {ran.output[-300:]}")
    return Raised(ran, environment)


@scene
def web(dock: Dock, raised: Raised) -> Web:
    """The service web, as soon as it answers on two nodes or will not any more."""
    service = _service(dock, "web")
    if ("host", PORT, PORT) not in service.published:
        ports = ", ".join(f"mode={mode} {outside}->{inside}" for mode, outside, inside in service.published)
        fail("port_in_mesh", published=ports or "no port", evidence=[refreshed(dock, service).tasks_listed()])

    def look() -> Web:
        said = pages(dock, PORT)
        tasks = tuple(task for task in refreshed(dock, service).tasks if task.wanted)
        there = {task.node for task in tasks if task.running}  # not those that are just being stopped
        right = tuple(name for name, text in said.items() if raised.message in text and name in there)
        return Web(service, tasks, said, right)

    def settled(seen: Web) -> bool:
        every = bool(seen.tasks) and all(task.running and task.node in seen.pages for task in seen.tasks)
        return len(seen.right) >= LEAST or every

    # A node that becomes a manager loses the tasks that are for workers only.
    until(lambda: len(managers(dock)) == sum(member.manager for member in known(dock)) > 0, bool, SETTLE_SECONDS)
    return until(look, settled, SETTLE_SECONDS)


@scene
def emptied(dock: Dock, dice: random.Random, web: Web) -> Emptied:
    """Leave a note in the store, and have drain.sh empty its node."""
    note = f"log-{dice.randrange(10**8)}"
    store = find_service(dock, "store")
    home = until(lambda: leave_note(dock, store, note), bool, SETTLE_SECONDS) if store else ""
    node, kept = home or dice.choice(web.right), store if home else None
    seen = empty(dock, node, kept, note if kept else "")
    if seen.availability == "drain" and not (seen.left or seen.ran.exit or seen.given_up):
        others = [each.place.host for each in dock.nodes if each.place.host != node]
        seen = replace(seen, other=drain_another(dock, dice.choice(others)))
    if manages(dock):  # a script may have taken the node out of the Swarm
        until(lambda: _stands(dock, web), bool, RECOVER_SECONDS)
    return seen


@check
def up_works(dock: Dock, raised: Raised) -> None:
    """up.sh ends well and in time."""
    succeed(dock, raised.ran, "up.sh", UP_SECONDS)


@check
def three_managers(dock: Dock) -> None:
    """All three nodes are managers, and each can be reached."""
    _expect_managers(dock)


@check
def web_answers(dock: Dock, web: Web) -> None:
    """web answers with the message at the port of the nodes on which it runs."""
    if not web.right:
        seen = "; ".join(f"{name}: {text.strip()}" for name, text in web.pages.items()) or "no node answers"
        reasons = "; ".join(dict.fromkeys(task.reason for task in web.tasks if task.reason))
        fail("page_fails", service="web", seen=f"{seen}; {reasons}".strip("; "), evidence=web.evidence(dock))
    for task in web.tasks:
        place = container_of(dock, task)
        if place and place[1].image_id != dock.image_ids["relay"]:
            evidence = [refreshed(dock, web.service).tasks_listed()]
            fail("other_image", service="web", image="drydock/relay:1", seen=task.image, evidence=evidence)


@check
def web_spread(dock: Dock, web: Web) -> None:
    """web answers on two nodes at least."""
    if len(web.right) >= LEAST:
        return
    if len(web.tasks) <= 1:
        fail("one_replica", node=", ".join(web.right), evidence=web.evidence(dock))
    fail("tied_to_nodes", seen=f"answers on {', '.join(web.right)} only", evidence=web.evidence(dock))


@check
def limits_kept(dock: Dock, raised: Raised, web: Web) -> None:
    """The kernel holds each task of web to its limits, and a hog in one hurts nobody else."""
    lacking = [kind for node in dock.nodes for kind in ("memory", "cpu") if not kernel_offers(node)[kind]]
    if lacking:
        not_assessable("kernel_cannot_limit", what=", ".join(sorted(set(lacking))))
    memory, cpus = raised.mebibytes("MEMORY"), float(raised.environment["CPUS"])
    asked = f"{memory} bytes, {cpus:g} processors"
    found = [(task, place) for task in refreshed(dock, web.service).running if (place := container_of(dock, task))]
    for task, (node, container) in found:
        has = limits(node, container)
        evidence = [
            Evidence(f"{task.node}: the limits in the kernel", has.says()),
            Evidence("the service's resources", str(dict(task.resources))),
        ]
        if has.memory is None and task.reserved_memory == memory:
            fail("reservation_for_limit", asked=asked, reserved=task.reserved_memory, evidence=evidence)
        if not _near(has, memory, cpus):
            fail("no_limits", asked=asked, seen=has.says().replace("\n", ", "), evidence=evidence)
        # Those that somebody gave to a container go with it.
        if not _near(wanted := _wanted(task), memory, cpus):
            seen = f"the service's tasks: {wanted.says()}".replace("\n", ", ")
            fail("no_limits", asked=asked, seen=seen, evidence=evidence)
    node, container = found[0][1]
    _press(node, container, memory)


@check
def memory_reserved(dock: Dock, raised: Raised, web: Web) -> None:
    """The scheduler sets the asked memory aside for each task of web."""
    asked = raised.mebibytes("RESERVE")
    for task in web.tasks:
        if task.reserved_memory != asked:
            evidence = [Evidence("the service's resources", str(dict(task.resources)))]
            seen = f"{task.reserved_memory} bytes reserved"
            fail("limit_for_reservation", service="web", asked=f"{asked} bytes", seen=seen, evidence=evidence)


@check
def giant_waits(dock: Dock, raised: Raised) -> None:
    """The service that reserves more than any node has waits, and runs nowhere."""
    service = _service(dock, "giant")
    found = until(
        lambda: tuple(task for task in refreshed(dock, service).tasks if task.wanted),
        lambda all_of: any("insufficient resources" in task.reason or task.running for task in all_of),
        SETTLE_SECONDS,
    )
    asked = int(raised.environment["GIANT"]) * GIB
    # A global one has a task for each node: some are refused by their nodes while another waits.
    waits = any("insufficient resources" in task.reason for task in found) and not any(task.running for task in found)
    if not waits or any(task.reserved_memory != asked for task in found):
        seen = "; ".join(f"{task.state} {task.reason}".strip() for task in found) or "no task"
        evidence = [
            refreshed(dock, service).tasks_listed(),
            *(Evidence("resources", str(dict(task.resources))) for task in found[:1]),
        ]
        if _reserved(service) == asked and not any(task.running for task in found):
            fail("waits_for_no_memory", service=service.name, seen=seen, evidence=evidence)
        fail("limit_for_reservation", service=service.name, asked=f"{asked} bytes", seen=seen, evidence=evidence)


@check
def report_says_why(dock: Dock, raised: Raised, dice: random.Random) -> None:
    """report.sh tells why a service waits, whatever the reason is."""
    label = f"quay-{dice.randrange(10**6)}"
    waits: dict[str, dict[str, object]] = {
        f"job-{dice.randrange(10**6)}-a": {"Placement": {"Constraints": [f"node.labels.{label}==deep"]}},
        # A reason that the task does not show, nor somebody sees who only tries its constraints and reservations.
        f"job-{dice.randrange(10**6)}-b": {"Placement": {"Platforms": [{"Architecture": "s390x", "OS": "linux"}]}},
    }
    for name, wants in waits.items():
        service = _start(dock, name, wants)
        try:
            reason = until(lambda s=service: _reason(dock, s), bool, SETTLE_SECONDS)  # type: ignore[misc]
            if not reason:
                raise RuntimeError(f"the grader's service {name} does not wait")
            ran = run_script(dock, "report.sh", {"SERVICE": name}, REPORT_SECONDS)
            evidence = [output_of(ran), refreshed(dock, service).tasks_listed()]
        finally:
            dock.engine.api.remove_service(service.id)
        succeed(dock, ran, "report.sh", REPORT_SECONDS)
        if reason in " ".join(ran.output.split()):
            continue
        cut = any(_only_begun(line, reason) for line in ran.output.splitlines())
        said = ran.output.strip()[-200:] or "(nothing)"
        fail("report_cut_short" if cut else "report_typed", service=name, reason=reason, said=said, evidence=evidence)


@check
def task_comes_back(dock: Dock, dice: random.Random, web: Web, timeline: Timeline) -> None:
    """Where a task of web is killed, another one takes its place."""
    before = refreshed(dock, web.service).running
    victim = dice.choice([task for task in before if task.node in web.right])
    place = container_of(dock, victim)
    if place is None:
        raise RuntimeError("the task to be killed has gone by itself")
    node, container = place
    timeline.mark("task_killed", "broken")
    node.engine.api.kill(container.id)
    old = {task.id for task in before}

    def look() -> tuple[bool, bool]:
        """Whether all is as before with a new task, and whether the Swarm wants none."""
        wanted = [task for task in refreshed(dock, web.service).tasks if task.wanted]
        whole = any(task.running and task.id not in old for task in wanted) and len(_right(dock, web)) >= LEAST
        return whole, {task.id for task in wanted} <= old - {victim.id}

    whole, given_up = until(look, any, RECOVER_SECONDS)
    if given_up and not whole:
        whole, _ = until(look, lambda seen: seen[0], GIVEN_UP_SECONDS)
    policy = web.service.raw["Spec"]["TaskTemplate"].get("RestartPolicy", {})
    delay = policy.get("Delay", 0) / SECOND
    too_late = delay > BACK_SECONDS and len({task.node for task in before} - {victim.node}) < LEAST
    if not whole or too_late:
        seen = f"delay {delay:g} s" if delay > BACK_SECONDS else f"condition {policy.get('Condition', 'any')}"
        evidence = [refreshed(dock, web.service).tasks_listed(), Evidence("the service's restart policy", str(policy))]
        fail("not_restarted", node=victim.node, seen=seen, evidence=evidence)
    timeline.mark("task_back", "recovered")


@check
def node_drained(dock: Dock, emptied: Emptied, timeline: Timeline) -> None:
    """drain.sh empties the node that it is told, whichever that is."""
    succeed(dock, emptied.ran, "drain.sh", DRAIN_SECONDS)
    if emptied.availability != "drain" or emptied.left:
        seen = f"availability {emptied.availability}, tasks on it: {len(emptied.left)}"
        fail("not_drained", node=emptied.node, seen=seen, evidence=emptied.evidence)
    if (other := emptied.other) and other.availability != "drain":
        seen = f"after NODE={other.node}: availability {other.availability}"
        fail("not_drained", node=other.node, seen=seen, evidence=[output_of(other.ran), *emptied.evidence])
    timeline.mark("drained", "event")


@check
def data_stays(dock: Dock, emptied: Emptied) -> None:
    """The store is never without its data: neither on another node nor when its own is there again."""
    if emptied.given_up:
        fail("store_given_up", node=emptied.node, note=emptied.note, evidence=emptied.evidence)
    store = _service(dock, "store")
    if not emptied.note:
        _blame_store(dock, store)
    evidence = list(emptied.evidence)
    facts = {"node": emptied.node, "note": emptied.note}
    if emptied.away and emptied.note not in body(emptied.away_page):
        other = emptied.away.node
        evidence.append(Evidence(f"the store's page on {other}", _says(emptied.away_page)))
        fail("data_left_behind", other=other, **facts, evidence=evidence)
    if emptied.note in body(emptied.back_page):
        return
    evidence.append(Evidence("the store's page", _says(emptied.back_page)))
    back = emptied.back
    if back and back.node == emptied.node:
        place = container_of(dock, back)
        evidence += [mounted(place[1])] if place else []
        fail("data_in_container", **facts, evidence=evidence)
    if back:
        fail("data_left_behind", other=back.node, **facts, evidence=evidence)
    fail("page_fails", service="store", seen=_says(emptied.back_page), evidence=evidence)


@check
def node_lost(dock: Dock, dice: random.Random, raised: Raised, web: Web, timeline: Timeline) -> None:
    """A node loses its power: requests are answered all the time, and web is on two nodes again."""
    whole = _whole(dock, web)
    first = until(lambda: leader(dock), bool, SETTLE_SECONDS)
    victim = dice.choice([node for node in dock.nodes if node.place.host in set(whole) - {first}])
    manager = next(node for node in dock.nodes if node is not victim)
    name = victim.place.host
    with visitors(dock, PORT, raised.message) as visits:
        _warm_up(visits)
        timeline.mark("node_off", "broken")
        victim.kill()
        try:
            until(lambda: _down(manager, name), bool, RECOVER_SECONDS)
            right = until(lambda: _right(dock, web, name), lambda seen: len(seen) >= LEAST, RECOVER_SECONDS)
            evidence = [visits.evidence(), refreshed(manager, web.service).tasks_listed(), nodes_listed(manager)]
            if len(right) >= LEAST:
                timeline.mark("web_whole", "recovered")
        finally:
            bring_back(dock, victim)
            timeline.mark("node_back", "event")
    if len(right) < LEAST:
        fail("tied_to_nodes", seen=f"without {name} web answers on {', '.join(right) or 'none'}", evidence=evidence)
    _blame_lost(visits, evidence)


@check
def leader_lost(dock: Dock, dice: random.Random, raised: Raised, web: Web, timeline: Timeline) -> None:
    """The leader loses its power: another manager leads, and takes orders; requests are answered all the time."""
    _whole(dock, web)
    old = until(lambda: leader(dock), bool, SETTLE_SECONDS)
    victim = next(node for node in dock.nodes if node.place.host == old)
    manager = next(node for node in dock.nodes if node is not victim)
    order = f"order-{dice.randrange(10**6)}"
    if not until(lambda: takes_orders(manager, f"{order}-before"), bool, SETTLE_SECONDS):
        raise RuntimeError("the managers take no order although all are there")
    with visitors(dock, PORT, raised.message) as visits:
        _warm_up(visits)
        timeline.mark("leader_off", "broken")
        victim.kill()
        try:
            new = until(lambda: leader(manager), lambda seen: seen not in ("", old), ELECTION_SECONDS)
            done = until(lambda: takes_orders(manager, order), bool, ELECTION_SECONDS if new else 0)
            evidence = [visits.evidence(), nodes_listed(manager)]
            if new and done:
                timeline.mark("leader_new", "recovered")
        finally:
            victim.start_again()
    if not new or not done:
        # Two of the three managers that could be reached are left, and that is enough: it is a busy machine's fault.
        # Tried again in fresh docks.
        raise RuntimeError(f"two managers find no leader that takes orders: {[piece.text for piece in evidence]}")
    _blame_lost(visits, evidence)


def _service(dock: Dock, name: str) -> Service:
    """A service that up.sh had to make."""
    service = find_service(dock, name)
    if service is None:
        names = ", ".join(service.name for service in all_services(dock)) or "-"
        containers = [
            f"{node.place.host}: {raw['Names'][0].lstrip('/')}  {raw['Image']}"
            for node in dock.nodes
            for raw in node.engine.api.containers()
        ]
        evidence = [Evidence("$ docker ps, on each node", "\n".join(sorted(containers)) or "(none)")]
        fail("service_missing", service=name, names=names, evidence=evidence)
    return service


def _expect_managers(dock: Dock) -> None:
    """Wait for three managers that can be reached, or until it is clear that there will not be as many."""

    def look() -> tuple[tuple[str, ...], int]:
        return managers(dock), len([member for member in known(dock) if member.manager])

    seconds = SETTLE_SECONDS if manages(dock) else 0
    found, _ = until(look, lambda seen: len(seen[0]) >= NODES or 0 < seen[1] < NODES, seconds)
    if len(found) < NODES:
        fail("one_manager", count=len(found), names=", ".join(found) or "-", evidence=[nodes_listed(dock)])


def _right(dock: Dock, web: Web, without: str = "") -> tuple[str, ...]:
    """The nodes that answer as they did at first, but for one."""
    message = next(web.pages[name] for name in web.right)
    return tuple(name for name, text in pages(dock, PORT).items() if text == message and name != without)


def _stands(dock: Dock, web: Web) -> bool:
    """Whether web answers on as many nodes as at first, or all of it runs that the Swarm wants."""
    return len(_right(dock, web)) >= min(LEAST, len(web.right)) or all(
        task.running for task in refreshed(dock, web.service).tasks if task.wanted
    )


def _whole(dock: Dock, web: Web) -> tuple[str, ...]:
    """The nodes on which web answers, two at least, with three managers: so it has to be before more is broken."""
    _expect_managers(dock)  # drain.sh may have taken one away, and without one more nobody would take orders
    right = until(lambda: _right(dock, web), lambda seen: len(seen) >= LEAST, RECOVER_SECONDS)
    if len(right) < LEAST:
        seen = f"with all nodes there again web answers on {', '.join(right) or 'none'}"
        fail("tied_to_nodes", seen=seen, evidence=[refreshed(dock, web.service).tasks_listed(), nodes_listed(dock)])
    return right


def _down(manager: Dock, name: str) -> bool:
    """Whether a manager has noticed that a node is lost."""
    return any(member.name == name and member.state == "down" for member in known(manager))


def _blame_store(dock: Dock, store: Service) -> None:
    task = next(iter(refreshed(dock, store).running), None)
    place = container_of(dock, task) if task else None
    evidence = [
        refreshed(dock, store).tasks_listed(),
        *([logs(*place), fragment(place[1], "Config", "Env")] if place else []),
    ]
    reasons = dict.fromkeys(one.reason for one in refreshed(dock, store).tasks if one.wanted and one.reason)
    said = page_of(dock, task).says() if task else "; ".join(("it does not run", *reasons))
    fail("page_fails", service="store", seen=said, evidence=evidence)


def _says(answer: Answer | None) -> str:
    return answer.says() if answer else "it does not run"


def _reserved(service: Service) -> int:
    """Bytes that a service asks to be set aside for each of its tasks."""
    resources = service.raw["Spec"]["TaskTemplate"].get("Resources") or {}
    return int((resources.get("Reservations") or {}).get("MemoryBytes") or 0)


def _wanted(task: Task) -> Limits:
    """The limits that the service gives to each of its tasks."""
    wanted = task.resources.get("Limits") or {}
    return Limits(wanted.get("MemoryBytes") or None, None, (wanted.get("NanoCPUs") or 0) / SECOND or None)


def _near(has: Limits, memory: int, cpus: float) -> bool:
    """Whether limits are those asked for; the kernel rounds memory to pages and processor time to microseconds."""
    return (
        has.memory is not None
        and abs(has.memory - memory) <= memory * 0.005
        and has.cpu is not None
        and abs(has.cpu - cpus) <= 0.004
    )


def _press(node: Dock, container: Container, memory: int) -> None:
    """Take more memory in a task's control group than it may have: the kernel has to stop just that."""
    before = [raw["Id"] for raw in node.engine.api.containers()]
    amount = memory + 32 * MIB
    if take_memory(node, None, amount).taken < amount:
        raise RuntimeError("the grader cannot take that much memory elsewhere either")
    taken = take_memory(node, container, amount)
    after = [found for name in before if (found := find_container(node, name))]
    alive = any(found.id == container.id and found.pid == container.pid for found in after)
    hurt = [found.name for found in after if not found.running and found.exit_code == KILLED]
    if taken.signal != 9 or taken.taken > memory or not alive or hurt:
        raise RuntimeError(f"the kernel does not keep its limit: {taken}, alive: {alive}, hurt: {hurt}")


def _start(dock: Dock, name: str, wants: Mapping[str, object]) -> Service:
    """A service of ours that cannot run anywhere."""
    template = {"ContainerSpec": {"Image": "busybox:1.37", "Command": ["true"]}, **wants}
    made = dock.engine.api.create_service(template, name=name)
    return Service(name, made["ID"], {})


def _reason(dock: Dock, service: Service) -> str:
    return next((task.reason for task in refreshed(dock, service).tasks if task.wanted and task.reason), "")


def _only_begun(line: str, reason: str) -> bool:
    """Whether a line of a report begins to tell a reason and breaks off."""
    begun = line[line.find(reason[:12]) :].rstrip(" \t\"'") if reason[:12] in line else ""
    return bool(begun) and ("…" in line or "..." in line or reason.startswith(" ".join(begun.split())))


def _warm_up(visits: Visits) -> None:
    """See some requests answered before anything is broken."""
    answered = until(lambda: visits.answered, lambda count: count >= 5, SETTLE_SECONDS)
    if answered < 5:
        raise RuntimeError("requests are not answered although nothing is broken")


def _blame_lost(visits: Visits, evidence: list[Evidence]) -> None:
    if visits.lost:
        fail("tied_to_nodes", seen=f"{visits.lost} requests without an answer", evidence=evidence)

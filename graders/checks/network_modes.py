"""The checks of the network-modes lab: bridge, none, host, a network of one's own, and joined to another's."""

from __future__ import annotations

import hashlib
import ipaddress
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from graders import Dock, Evidence, check, fail, scene
from graders.dock import Ran
from graders.observe.containers import (
    Container,
    Network,
    find_container,
    find_network,
    fragment,
    joined,
    logs,
    names,
    overview,
)
from graders.observe.guests import GUEST_LABELS, OURS
from graders.observe.held import held
from graders.observe.network import Answer, ask, connect, http, resolve
from graders.observe.network_namespaces import View, seen, views
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.waiting import until

PORT, SIDE_PORT = 8080, 9000  # where the programs listen, and where clerk does
MACHINE_PORT, SERVICE_PORT = 8080, 8181  # what the machine has taken: on all its addresses, on loopback only
SECONDS = 60  # for the script
SETTLE_SECONDS = 6  # for programs to listen or to give up
HELD_SECONDS = 1.5  # for a page that must not come
OK = 200  # the status of a page
CANNOT_LISTEN = 98  # how the lab's program ends then
# What it says where no port is taken.
NO_ADDRESS = re.compile(r"bad address|not available|cannot assign", re.IGNORECASE)
MEMBERS = {"front": "relay", "sealed": "digest", "gauge": "relay", "desk": "relay", "clerk": "relay", "runner": "relay"}
NETWORKS = {"front": ["bridge"], "desk": ["backyard", "yard"], "runner": ["yard"]}  # the others have none of their own
WAYS = {"desk": "relay > ", "runner": "relay > relay > "}  # what the relays on the way put before the message
ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
README_SUBNET = "172.28.0.0/16"  # holds the subnet of the task's example, which here is somebody else's

# What the engine, or its command, says when it refuses: which misconception that is.
REFUSALS = (
    ("publish_in_host_mode", r"conflicting options: port (publishing|exposing) and the container type network mode"),
    (
        "setting_of_its_own",
        r"conflicting options: (hostname|dns|mac-address|custom host-to-IP mapping) and the [a-z ]*network mode"
        r"|container type network can't be used with links|cannot be connected to any other network"
        r"|invalid config for network (container:|host)",
    ),
    ("subnet_clash", r"Pool overlaps with other one on this address space"),
    (
        "yard_differs",
        r"supported only when connecting to networks with user configured subnets|no matching subnet for gateway",
    ),
    ("address_differs", r"no configured subnet .*contains? .*address (?P<address>[0-9]+(\.[0-9]+){3})"),
    (
        "name_on_default_bridge",
        r"network-scoped alias(es)? (is|are) (only )?supported (only )?for|supported on user defined networks only",
    ),
)
# Likewise, as the state of a container that could not be started.
JOINS_NOBODY = re.compile(r"(No such container|cannot join network of a non[- ]running container).*")


@dataclass(frozen=True)
class Machine:
    """The container that plays the machine whose network host mode shares."""

    container: Container
    address: str


@dataclass(frozen=True)
class Started:
    """How start.sh was run."""

    ran: Ran
    given: Mapping[str, str]  # its variables

    @property
    def message(self) -> str:
        """What the pages shall say."""
        return self.given["MESSAGE"]


@dataclass(frozen=True)
class Scenery:
    """What the dock had after start.sh."""

    containers: Mapping[str, Container]
    networks: Mapping[str, Network]
    views: Mapping[str, View]  # of the lab's containers, the machine and the dock

    def observed(self) -> dict[str, object]:
        """For the card's picture."""
        return {
            "networks": [
                {"name": n.name, "driver": n.driver, "internal": n.internal, "members": list(n.members)}
                for n in self.networks.values()
            ],
            "containers": [
                {
                    "name": c.name,
                    "running": c.running,
                    "networks": {name: address for name, address in c.networks.items() if name != "none"},
                    "published": [f"{host}:{port}->{inside}" for host, port, inside in c.published],
                }
                for c in self.containers.values()
            ],
            "expected": {name: NETWORKS.get(name, []) for name in MEMBERS},
        }


@dataclass(frozen=True)
class Reached:
    """What the containers reach: who and what -> the answer."""

    answers: Mapping[tuple[str, str], Answer]

    def by(self, name: str) -> Evidence:
        """What one container reaches, as evidence."""
        lines = [f"{what}: {answer.says()}" for (who, what), answer in self.answers.items() if who == name]
        return Evidence(f"from inside {name}", "\n".join(lines))


@scene
def machine(dock: Dock, dice: random.Random) -> Machine:
    """Lend a network namespace that plays the machine's, with two programs that listen there.

    The engine has no real host mode while root in a container is not the dock's root, and to give that up would open
    the dock. What shares the namespace of another container is in the same position: nothing between it and the ports
    there, which others may have taken.
    """
    script = 'mkdir -p /www && httpd -p "127.0.0.1:$0" -h /www && exec httpd -f -p "$1" -h /www'
    api = dock.engine.api
    made = api.create_container(
        dock.image_ids["busybox"],
        ["sh", "-c", script, str(SERVICE_PORT), str(MACHINE_PORT)],
        name=f"machine-{dice.randrange(10**6)}",
        labels=GUEST_LABELS,
    )
    api.start(made["Id"])
    found = find_container(dock, made["Id"])
    assert found
    return Machine(found, found.networks["bridge"])


@scene
def started(dock: Dock, dice: random.Random, machine: Machine) -> Started:
    """Run start.sh with values that nobody could know before, beside a network that has the example's subnet."""
    pools = [{"Subnet": README_SUBNET}]
    dock.engine.api.create_network("annex", driver="bridge", ipam={"Driver": "default", "Config": pools})  # type: ignore[arg-type]
    subnet = f"10.{dice.randrange(64, 128)}.{dice.randrange(256)}"
    given = {
        "MESSAGE": f"{dice.choice(('gull', 'kelp', 'tide'))}-{dice.randrange(10**8)}",
        "PORT": str(dice.randrange(20000, 25000)),
        "HOST_NETWORK": f"container:{machine.container.name}",
        "HOST_PORT": str(dice.randrange(25000, 30000)),
        "SUBNET": f"{subnet}.0/24",
        "GATEWAY": f"{subnet}.{dice.randrange(200, 254)}",
        "ADDRESS": f"{subnet}.{dice.randrange(20, 100)}",
    }
    return Started(run_script(dock, "start.sh", given, SECONDS), given)


@scene
def scenery(dock: Dock, started: Started, machine: Machine) -> Scenery:
    """Everything that start.sh left, as soon as each program listens or has given up."""

    def look() -> tuple[dict[str, Container], dict[str, View]]:
        found = {name: one for name in names(dock) if (one := _of_the_students(dock, name))}
        asked = {name: found.get(name) for name in MEMBERS if name in found}
        return found, views(dock, {**asked, "machine": machine.container, "dock": None})

    def all_listen(seen: tuple[dict[str, Container], dict[str, View]]) -> bool:
        found, looked = seen
        relays = [name for name, image in MEMBERS.items() if image == "relay" and name in found]
        return all(looked[name].listening for name in relays if _runs(found[name]))

    containers, looked = until(look, all_listen, SETTLE_SECONDS)
    used = {name for container in containers.values() for name in container.networks} - {"none"}
    networks = {name: known for name in sorted({"yard", "backyard"} | used) if (known := find_network(dock, name))}
    return Scenery(containers, networks, looked)


@scene
def reached(dock: Dock, scenery: Scenery, started: Started, machine: Machine) -> Reached:
    """Ask from inside each container for a peer by address and by name, for the outside and for the machine's own."""
    questions = {}
    for name in ("front", "sealed", "gauge", "desk"):
        container = scenery.containers[name]
        questions[name, "a container on the default bridge, by address"] = connect(
            container, machine.address, MACHINE_PORT
        )
        questions[name, "runner, by name"] = resolve(container, "runner")
        questions[name, "outside"] = connect(container, dock.own_address, dock.api_port)
        questions[name, "what listens on the machine's loopback"] = connect(container, "127.0.0.1", SERVICE_PORT)
    return Reached(dict(zip(questions, ask(dock, *questions.values()), strict=True)))


@scene
def without_clerk(dock: Dock, scenery: Scenery) -> Mapping[str, Answer]:
    """What the pages of desk and runner say while clerk is held still."""
    asked = {name: http(scenery.containers[name], f"http://127.0.0.1:{PORT}/", seconds=HELD_SECONDS) for name in WAYS}
    with held(dock, scenery.containers["clerk"]):
        return dict(zip(asked, ask(dock, *asked.values()), strict=True))


@check
def start_works(dock: Dock, started: Started, machine: Machine) -> None:
    """start.sh ends well and in time."""
    if started.ran.exit or started.ran.ended_by:
        _explain(dock, started, machine)
        succeed(dock, started.ran, "start.sh", SECONDS)


@check
def containers_run(dock: Dock, scenery: Scenery, started: Started, machine: Machine) -> None:
    """The six containers run, from the lab's images."""
    for name, image in MEMBERS.items():
        container = scenery.containers.get(name)
        facts = {"container": name, "image": f"drydock/{image}:1"}
        if container is None or container.raw["State"]["Status"] == "created":  # the engine refused it, or its start
            _explain(dock, started, machine)
        if container is None:
            fail("container_missing", **facts, seen=", ".join(scenery.containers) or "-", evidence=[overview(dock)])
        if container.image_id != dock.image_ids[image]:
            evidence = [fragment(container, "Config", "Image")]
            fail("container_missing", **facts, seen=container.image, evidence=evidence)
        if not _runs(container):
            evidence = [logs(dock, container), fragment(container, "HostConfig", "NetworkMode")]
            if container.exit_code == CANNOT_LISTEN:
                listen = _variable(container, "LISTEN") or f"0.0.0.0:{PORT}"
                cause = "no_such_address" if NO_ADDRESS.search(evidence[0].text) else "port_taken"
                fail(cause, container=name, listen=listen, evidence=evidence)
            fail("container_missing", **facts, seen=container.raw["State"]["Status"], evidence=evidence)


@check
def front_on_bridge(dock: Dock, scenery: Scenery, reached: Reached, machine: Machine) -> None:
    """The front is on the default bridge and nowhere else: neighbours there reach it, and it them."""
    front, view = scenery.containers["front"], scenery.views["front"]
    evidence = [joined(front), seen({"front": view}), reached.by("front")]
    bridge = scenery.networks.get("bridge") or find_network(dock, "bridge")
    others = ", ".join(sorted(front.networks)) or front.mode
    joins = view.inode == scenery.views["machine"].inode  # whose address on the bridge is not front's own
    if bridge is None or joins or len(view.addresses) != 1 or not view.on(bridge.subnets):
        fail("front_elsewhere", networks=others, evidence=evidence)
    there = ask(dock, connect(machine.container, view.addresses[0], PORT))[0]
    back = reached.answers["front", "a container on the default bridge, by address"]
    # Whoever refuses has been reached: where front listens is asked by the check of its page.
    if not (there.connected or there.error == "refused") or not back.connected:
        fail(
            "no_answer", container="front", where=f"{view.addresses[0]}:{PORT}", answer=there.says(), evidence=evidence
        )


@check
def front_published(dock: Dock, scenery: Scenery, started: Started) -> None:
    """The front's page is at one address of the machine, and at no other."""
    front, port = scenery.containers["front"], int(started.given["PORT"])
    page = _page(dock, None, f"127.0.0.1:{port}", started.message)
    own, wide = ask(dock, connect(None, dock.own_address, dock.api_port), connect(None, dock.own_address, port))
    evidence = [
        fragment(front, "NetworkSettings", "Ports"),
        Evidence(f"$ curl http://127.0.0.1:{port}/", page.says()),
        Evidence(f"connect to {dock.own_address}:{port}", wide.says()),
    ]
    shown = ", ".join(f"{host}:{number}->{inside}" for host, number, inside in front.published)
    if started.message not in page.body:
        if not any((number, inside) == (str(port), PORT) for _, number, inside in front.published):
            fail("not_published", port=port, published=shown or "-", evidence=evidence)
        _no_page(scenery, "front", f"127.0.0.1:{port}", page, evidence)
    assert own.connected, own  # else a refusal below would say nothing
    if wide.connected or [(host, number) for host, number, _ in front.published] != [("127.0.0.1", str(port))]:
        fail("published_everywhere", port=port, published=shown, evidence=evidence)


@check
def sealed_is_cut_off(scenery: Scenery, reached: Reached) -> None:
    """The sealed container has a namespace of its own with nothing but a loopback interface, and reaches nothing."""
    view = scenery.views["sealed"]
    evidence = [seen({name: scenery.views[name] for name in ("sealed", "dock")}), reached.by("sealed")]
    links = [name for name in view.interfaces if name != "lo"]
    out = [
        what
        for (who, what), answer in reached.answers.items()
        if who == "sealed" and (answer.connected or answer.addresses)
    ]
    if links or view.gateways or out:
        fail(
            "sealed_has_network",
            interfaces=", ".join(view.interfaces),
            reached=", ".join(out) or "-",
            evidence=evidence,
        )


@check
def sealed_works(dock: Dock, scenery: Scenery, started: Started) -> None:
    """Without any network, the worker has done its work."""
    wanted = hashlib.sha256(started.message.encode()).hexdigest()
    log = logs(dock, scenery.containers["sealed"])
    if wanted not in log.text:
        fail("sealed_no_result", digest=wanted[:16], evidence=[log])


@check
def gauge_in_host(scenery: Scenery, reached: Reached, started: Started) -> None:
    """The gauge is in the machine's own namespace: the same inode, and the machine's loopback is its loopback."""
    view, host = scenery.views["gauge"], scenery.views["machine"]
    evidence = [seen({"gauge": view, "the machine": host}), reached.by("gauge")]
    service = reached.answers["gauge", "what listens on the machine's loopback"]
    if view.inode != host.inode or not service.connected:
        mode = scenery.containers["gauge"].mode
        facts = {"gauge": view.inode, "machine": host.inode, "mode": mode, "given": started.given["HOST_NETWORK"]}
        fail("gauge_apart", **facts, evidence=evidence)


@check
def gauge_answers(dock: Dock, scenery: Scenery, started: Started, machine: Machine) -> None:
    """The gauge's page is at a port of the machine itself, which nobody published."""
    where = f"{machine.address}:{started.given['HOST_PORT']}"
    page = _page(dock, None, where, started.message)
    if started.message not in page.body:
        gauge = scenery.containers["gauge"]
        evidence = [seen({"gauge": scenery.views["gauge"]}), logs(dock, gauge)]
        _no_page(scenery, "gauge", where, page, evidence, listen=f"0.0.0.0:{started.given['HOST_PORT']}")


@check
def yard_as_asked(scenery: Scenery, started: Started) -> None:
    """The network yard has the subnet and the gateway that were asked, as the machine's own interfaces show."""
    yard, given = scenery.networks.get("yard"), started.given
    if yard is None:
        _no_network("yard", scenery)
    wanted = f"{given['GATEWAY']}/{ipaddress.ip_network(given['SUBNET']).prefixlen}"
    has = [address for links in scenery.views["dock"].interfaces.values() for address in links]
    if wanted not in has or given["SUBNET"] not in yard.subnets:
        dock = scenery.views["dock"]
        fail("yard_differs", **_difference(yard, dock, started), evidence=[seen({"dock": dock})])


@check
def desk_address(scenery: Scenery, started: Started) -> None:
    """The desk has the address that was asked."""
    desk, address = scenery.views["desk"], started.given["ADDRESS"]
    if address not in desk.addresses:
        evidence = [seen({"desk": desk}), fragment(scenery.containers["desk"], "NetworkSettings", "Networks")]
        fail("address_differs", address=address, addresses=", ".join(desk.addresses) or "-", evidence=evidence)


@check
def desk_two_networks(scenery: Scenery, reached: Reached) -> None:
    """The desk is on both networks, and its default route leads through the yard."""
    desk, view = scenery.containers["desk"], scenery.views["desk"]
    evidence = [seen({"desk": view}), joined(desk), reached.by("desk")]
    for name in ("yard", "backyard"):
        network = scenery.networks.get(name)
        if network is None:
            _no_network(name, scenery)
        if name not in desk.networks or not view.on(network.subnets):
            fail(
                "not_on_network",
                container="desk",
                network=name,
                networks=", ".join(desk.networks) or desk.mode,
                evidence=evidence,
            )
    _no_other_network(desk, {"yard", "backyard"}, evidence)
    gateway = _gateway(scenery.networks["yard"], scenery.views["dock"])
    outside = reached.answers["desk", "outside"]
    if list(view.gateways) != [gateway] or not outside.connected:
        facts = {"gateway": gateway, "gateways": ", ".join(view.gateways) or "-", "answer": outside.says()}
        fail("route_elsewhere", **facts, evidence=evidence)


@check
def office_resolves(dock: Dock, scenery: Scenery) -> None:
    """From inside the runner the alias of the desk leads to it, by DNS."""
    runner, view, desk = scenery.containers["runner"], scenery.views["runner"], scenery.views["desk"]
    yard = scenery.networks.get("yard")
    evidence = [seen({"runner": view, "desk": desk}), joined(runner)]
    # With another name the network has the same DNS; what it is called is asked elsewhere.
    both = set(runner.networks) & set(scenery.containers["desk"].networks) - {"bridge"}
    if not (view.on(yard.subnets) if yard else both) or view.inode == desk.inode:
        where = [name for name in ("runner", "desk") if "bridge" in scenery.containers[name].networks]
        if where:
            fail("name_on_default_bridge", container=where[0], evidence=evidence)
        if yard is None:
            _no_network("yard", scenery)
        fail(
            "not_on_network",
            container="runner",
            network="yard",
            networks=", ".join(runner.networks) or runner.mode,
            evidence=evidence,
        )
    if yard:
        _no_other_network(runner, {"yard"}, evidence)
    office, own_name, at_desk = ask(
        dock, resolve(runner, "office"), resolve(runner, "desk"), resolve(scenery.containers["desk"], "office")
    )
    evidence += [Evidence("from inside runner", f"office: {office.addresses} {office.source} {office.detail}\n"
                          f"desk: {own_name.addresses} {own_name.source} {own_name.detail}")]  # fmt: skip
    if office.source != "dns" or not set(office.addresses) & set(desk.addresses):
        shown = ", ".join(office.addresses) + f" ({office.source})" if office.addresses else "-"
        fail("alias_missing", addresses=shown, evidence=evidence)
    there = [name for name, one in scenery.views.items() if one.inode == desk.inode]  # who has desk's addresses, too
    others = [name for name, one in scenery.containers.items()
              if name not in there and set(one.networks.values()) & set(office.addresses)]  # fmt: skip
    if others:
        fail("alias_shared", names=", ".join(others), addresses=", ".join(office.addresses), evidence=evidence)
    if not set(at_desk.addresses) & set(desk.addresses):  # desk finds an alias of its own like all on that network
        evidence += [Evidence("from inside desk", f"office: {at_desk.addresses} {at_desk.source} {at_desk.detail}")]
        fail("alias_by_link", addresses=", ".join(office.addresses), evidence=evidence)


@check
def clerk_joined(dock: Dock, scenery: Scenery, started: Started, without_clerk: Mapping[str, Answer]) -> None:
    """The clerk shares the desk's namespace: the desk finds it on its own loopback, and nobody else does."""
    desk, clerk = scenery.views["desk"], scenery.views["clerk"]
    evidence = [seen({"desk": desk, "clerk": clerk})]
    if clerk.inode != desk.inode:
        mode = scenery.containers["clerk"].mode
        joined_id = mode.removeprefix("container:")
        left = joined_id != mode and find_container(dock, joined_id) is None  # desk was removed and made again
        if left or joined_id == scenery.containers["desk"].id:
            fail("clerk_left_behind", desk=desk.inode, clerk=clerk.inode, evidence=evidence)
        fail("clerk_apart", desk=desk.inode, clerk=clerk.inode, mode=mode, evidence=evidence)
    page = _page(dock, scenery.containers["desk"], f"127.0.0.1:{PORT}", started.message)
    evidence += [Evidence(f"inside desk: GET http://127.0.0.1:{PORT}/", page.says())]
    _by_way(dock, scenery, "desk", page, started, evidence)
    _from_clerk("desk", started, without_clerk, evidence)
    where = desk.addresses
    baseline = ask(dock, *[connect(None, address, PORT) for address in where])
    # At the task's port, and wherever else clerk listens.
    doors = [
        (address, port) for port in sorted({SIDE_PORT, *(port for _, port in clerk.listening)}) for address in where
    ]
    side = ask(dock, *[connect(None, address, port) for address, port in doors])
    lines = [f"{address}:{port}  {answer.says()}" for (address, port), answer in zip(doors, side, strict=True)]
    open_doors = [door for door, answer in zip(doors, side, strict=True) if answer.connected]
    if not any(answer.connected for answer in baseline):
        evidence += [Evidence("from outside desk", "\n".join(answer.says() for answer in baseline))]
        _no_page(scenery, "desk", f"{(*where, '-')[0]}:{PORT}", (*baseline, Answer())[0], evidence)
    if open_doors:
        address, port = open_doors[0]
        evidence += [Evidence("from outside desk", "\n".join(lines))]
        fail("clerk_open", address=address, port=port, evidence=evidence)


@check
def runner_gets_message(dock: Dock, scenery: Scenery, started: Started, without_clerk: Mapping[str, Answer]) -> None:
    """The message comes to the runner's page, from the desk, which has it from the clerk."""
    runner = scenery.containers["runner"]
    page = _page(dock, runner, f"127.0.0.1:{PORT}", started.message)
    evidence = [Evidence(f"inside runner: GET http://127.0.0.1:{PORT}/", page.says()), logs(dock, runner)]
    _by_way(dock, scenery, "runner", page, started, evidence)
    _from_clerk("runner", started, without_clerk, evidence)
    if found := ADDRESS.search(_variable(runner, "NEXT")):
        fail("asks_by_address", address=found[0], evidence=evidence)


def _by_way(dock: Dock, scenery: Scenery, name: str, page: Answer, started: Started, evidence: list[Evidence]) -> None:
    """Fail unless a container's page has the message, and has it through as many relays as it should."""
    container, way = scenery.containers[name], WAYS[name]
    if started.message not in page.body:
        url = _variable(container, "NEXT")
        answer = ask(dock, http(container, url))[0] if url else page
        if answer.status != OK or not url:
            if name == "desk" and SIDE_PORT not in [port for _, port in scenery.views["clerk"].listening]:
                _no_page(scenery, "clerk", f"127.0.0.1:{SIDE_PORT}", answer, evidence, listen=f"127.0.0.1:{SIDE_PORT}")
            fail("wrong_next", container=name, next=url or "(no NEXT)", answer=answer.says(), evidence=evidence)
        _no_page(scenery, name, f"127.0.0.1:{PORT}", page, evidence, source="clerk")
    if not page.body.startswith(f"{way}message: "):
        fail("other_way", container=name, way=way, answer=page.says(), evidence=evidence)


def _from_clerk(name: str, started: Started, without_clerk: Mapping[str, Answer], evidence: list[Evidence]) -> None:
    """Fail where a container's page has the message although clerk cannot have told it."""
    page = without_clerk[name]
    if started.message in page.body:
        evidence += [Evidence(f"inside {name}, while clerk was paused: GET http://127.0.0.1:{PORT}/", page.says())]
        fail("not_from_clerk", container=name, answer=page.says(), evidence=evidence)


def _no_page(
    scenery: Scenery,
    name: str,
    where: str,
    answer: Answer,
    evidence: list[Evidence],
    *,
    listen: str = f"0.0.0.0:{PORT}",
    source: str = "",
) -> NoReturn:
    """Fail with the reason for which a container does not show the message.

    Args:
        listen: where its program has to listen.
        source: the container whose message it is; the same one where it is empty.
    """
    listening = [f"{address}:{port}" for address, port in scenery.views[name].listening]
    wanted = {listen, listen.replace("0.0.0.0", "::")}  # noqa: S104 - it is compared, not bound
    if listening and not wanted & set(listening):
        fail("listens_elsewhere", container=name, listen=listen, listening=", ".join(listening), evidence=evidence)
    if answer.status == OK:
        fail("message_missing", container=source or name, answer=answer.says(), evidence=evidence)
    fail("no_answer", container=name, where=where, answer=answer.says(), evidence=evidence)


def _no_other_network(container: Container, asked: set[str], evidence: list[Evidence]) -> None:
    """Fail where a container is on more networks than were asked."""
    if set(container.networks) - asked:
        facts = {"container": container.name, "networks": ", ".join(sorted(container.networks))}
        fail("extra_network", **facts, asked=", ".join(sorted(asked)), evidence=evidence)


def _explain(dock: Dock, started: Started, machine: Machine) -> None:
    """Fail with the misconception for which the engine refused something, or for which it could not but refuse it."""
    evidence = [output_of(started.ran)]
    if any(refusal.asked == "--network host" for refusal in started.ran.refusals):
        fail("host_typed", given=started.given["HOST_NETWORK"], evidence=evidence)
    now = find_container(dock, machine.container.id)
    if now is None or not now.running:
        fail("machine_removed", machine=machine.container.name, evidence=evidence)
    said = f"{started.ran.output}\n{dock.log(200)}"  # what the engine refused it keeps in its own log, too
    for cause, pattern in REFUSALS:
        if found := re.search(pattern, said):
            if cause == "name_on_default_bridge" and _joins_with_alias(dock):
                cause = "setting_of_its_own"
            if cause == "yard_differs" and "connecting" in found[0] and _has_subnet(dock, started):
                cause = "address_differs"  # asked where desk joins another network
            facts = _facts(dock, cause, started) | {"addresses": found.groupdict().get("address", "-")}
            fail(cause, **facts, evidence=[Evidence("engine", found[0]), *evidence])
    clerk = _of_the_students(dock, "clerk")
    if clerk and (found := JOINS_NOBODY.search(clerk.raw["State"]["Error"])):
        fail("joined_too_early", error=found[0], evidence=[fragment(clerk, "State"), *evidence])


def _joins_with_alias(dock: Dock) -> bool:
    """Whether a refused alias, of which the engine does not say whose it was, was for one that joins a namespace."""
    desk, *joining = (_of_the_students(dock, name) for name in ("desk", "clerk", "gauge"))
    return desk is not None and desk.mode not in ("default", "bridge") and None in joining


def _has_subnet(dock: Dock, started: Started) -> bool:
    """Whether the yard is there with the subnet that was asked."""
    yard = find_network(dock, "yard")
    return yard is not None and started.given["SUBNET"] in yard.subnets


def _of_the_students(dock: Dock, name: str) -> Container | None:
    found = find_container(dock, name)
    label, _, value = OURS["label"].partition("=")
    return found if found and found.raw["Config"]["Labels"].get(label) != value else None


def _runs(container: Container) -> bool:
    return container.running and not container.raw["State"]["Restarting"]


def _variable(container: Container, name: str) -> str:
    """A variable that a container was given."""
    given = [entry.partition("=") for entry in container.raw["Config"]["Env"] or ()]
    return next((value for key, _, value in given if key == name), "")


def _facts(dock: Dock, cause: str, started: Started) -> dict[str, str]:
    """What the texts of a refusal's cause name."""
    if cause == "subnet_clash":
        return {"subnet": started.given["SUBNET"], "taken": README_SUBNET}
    if cause == "yard_differs":
        return _difference(find_network(dock, "yard"), views(dock, {"dock": None})["dock"], started)
    if cause == "address_differs":
        return {"address": started.given["ADDRESS"]}
    if cause == "name_on_default_bridge":
        found = {name: _of_the_students(dock, name) for name in ("desk", "runner", "clerk")}
        on_bridge = [name for name, one in found.items() if one and one.mode in ("default", "bridge")]
        return {"container": (on_bridge or [name for name, one in found.items() if not one] or ["desk"])[0]}
    return {}


def _difference(yard: Network | None, dock: View, started: Started) -> dict[str, str]:
    """The subnet and the gateway that were asked, and those that the yard has, if there is one."""
    asked = {"subnet": started.given["SUBNET"], "gateway": started.given["GATEWAY"]}
    if yard is None:
        return {**asked, "subnets": "-", "own": "-"}
    own = [address for links in dock.interfaces.values() for address in links if _inside(address, yard)]
    return {**asked, "subnets": ", ".join(yard.subnets) or "-", "own": ", ".join(own) or "-"}


def _no_network(name: str, scenery: Scenery) -> NoReturn:
    others = ", ".join(scenery.networks) or "-"
    fail("network_missing", network=name, networks=others, evidence=[Evidence("$ docker network ls", others)])


def _page(dock: Dock, where: Container | None, address: str, text: str) -> Answer:
    """A page, as soon as it has the text; the last one when it came back in full or the time is up."""
    return until(
        lambda: ask(dock, http(where, f"http://{address}/", seconds=5))[0],
        lambda answer: text in answer.body or answer.status or answer.error in ("name", "stopped"),
        SETTLE_SECONDS,
    )


def _inside(address: str, network: Network) -> bool:
    """Whether an address is in a network's subnet."""
    plain = ipaddress.ip_interface(address).ip
    return any(plain in ipaddress.ip_network(subnet, strict=False) for subnet in network.subnets)


def _gateway(network: Network, dock: View) -> str:
    """The dock's own address in a network, which is where that network's default route leads."""
    has = [address for links in dock.interfaces.values() for address in links]
    return next((address.partition("/")[0] for address in has if _inside(address, network)), "-")

"""The checks of the networking lab: custom networks and DNS."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from graders import Dock, Evidence, Timeline, check, fail, partly, scene
from graders.dock import Ran
from graders.dock.patience import patient
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
from graders.observe.guests import guests as start_guests
from graders.observe.guests import page_server, remove_guests, take_address
from graders.observe.network import Answer, ask, connect, http, network, resolve
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import ANONYMOUS
from graders.observe.waiting import until

PORT = 8080  # where each program listens
SECONDS = 60  # for each script
MEMBERS = {"edge": {"outer"}, "middle": {"outer", "inner"}, "store": {"inner"}}
BUILT_IN = ("bridge", "host", "none")  # networks that every engine has
HOPS = (("edge", "middle"), ("middle", "store"))
CHAIN = "edge > middle > store: "  # what each program on the way puts before the message
MOVES = (("store", "inner"), ("middle", "outer"))  # who gets another address, and where
OUTSIDE_SECONDS = 8  # for a connection that nothing keeps from outside
SETTLE_SECONDS = 4  # for a container's network to follow a change
AWAY_SECONDS = 3  # for a chain whose next container is away; one that does not ask it answers at once


@dataclass(frozen=True)
class Started:
    """How start.sh was run."""

    ran: Ran
    message: str
    port: int


@dataclass(frozen=True)
class Scenery:
    """What the dock had after start.sh."""

    containers: Mapping[str, Container]
    networks: Mapping[str, Network]

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
                    "networks": dict(c.networks),
                    "published": [f"{host}:{port}->{inside}" for host, port, inside in c.published],
                }
                for c in self.containers.values()
            ],
            "expected": {name: sorted(joined) for name, joined in MEMBERS.items()},
        }


@scene
def started(dock: Dock, dice: random.Random) -> Started:
    """Run start.sh with a message and a port that nobody could know before."""
    message, port = f"{dice.choice(('gull', 'kelp', 'tide'))}-{dice.randrange(10**8)}", dice.randrange(20000, 30000)
    ran = run_script(dock, "start.sh", {"MESSAGE": message, "PORT": str(port)}, SECONDS)
    return Started(ran, message, port)


@scene
def scenery(dock: Dock, started: Started) -> Scenery:
    """Everything that start.sh left, as soon as each program listens or has given up."""

    def look() -> dict[str, Container]:
        return {name: found for name in names(dock) if (found := find_container(dock, name))}

    def settled(found: dict[str, Container]) -> bool:
        running = [found[name] for name in MEMBERS if name in found and _runs(found[name])]
        return all(answer.listening for answer in ask(dock, *map(network, running)))

    containers = until(look, settled, SETTLE_SECONDS)
    used = {name for container in containers.values() for name in container.networks}
    wanted = sorted({"outer", "inner"} | used)
    networks = {name: known for name in wanted if (known := find_network(dock, name))}
    return Scenery(containers, networks)


@scene
def guests(dock: Dock, scenery: Scenery) -> dict[str, Container]:
    """A stranger on the default bridge, and a neighbour on each of the lab's networks."""
    return start_guests(dock, {"stranger": "bridge", "neighbour": "outer", "insider": "inner"})


@check
def start_works(dock: Dock, started: Started) -> None:
    """start.sh ends well and in time."""
    for refusal in started.ran.refusals:
        if refusal.asked == "--network host":
            fail("host_network", evidence=[output_of(started.ran)])
        if refusal.rule == "network_driver":
            fail("not_a_bridge", driver=refusal.asked, evidence=[output_of(started.ran)])
    succeed(dock, started.ran, "start.sh", SECONDS)


@check
def containers_run(dock: Dock, scenery: Scenery) -> None:
    """The three containers run, from the lab's images."""
    for name in MEMBERS:
        container = scenery.containers.get(name)
        if container is None:
            fail(
                "container_missing",
                container=name,
                names=", ".join(scenery.containers) or "-",
                evidence=[overview(dock)],
            )
        if container.image_id != dock.image_ids[name]:
            fail(
                "wrong_image", container=name, image=container.image, evidence=[fragment(container, "Config", "Image")]
            )
        if not _runs(container):
            evidence = [overview(dock), logs(dock, container)]
            fail("container_stopped", container=name, code=container.exit_code, evidence=evidence)


@check
def networks_exist(dock: Dock, scenery: Scenery) -> None:
    """Both networks are user-defined bridges."""
    for name in ("outer", "inner"):
        found = scenery.networks.get(name)
        if found is None:
            on_default = [c.name for c in scenery.containers.values() if "bridge" in c.networks]
            if on_default:
                evidence = [joined(scenery.containers[on_default[0]])]
                fail("default_bridge", network=name, containers=", ".join(on_default), evidence=evidence)
            have = ", ".join(scenery.networks) or "-"
            fail("network_missing", network=name, have=have, evidence=[_networks(scenery)])


@check
def inner_is_internal(dock: Dock, guests: dict[str, Container], scenery: Scenery) -> None:
    """What is on the inner network reaches nothing outside, while what is on the outer one does."""
    outside = dock.own_address
    baseline, inner = ask(dock, network(guests["neighbour"]), network(guests["insider"]))
    doors = [connect(guests[name], outside, dock.api_port) for name in ("neighbour", "insider")]
    # On a busy machine the first try may be late, and that is not the network's fault; a closed one says so at once.
    reach_outer, reach_inner = until(
        lambda: ask(dock, *doors), lambda seen: seen[0].connected or seen[0].error != "timeout", OUTSIDE_SECONDS
    )
    evidence = [
        Evidence("outer", f"default route: {baseline.default_route}; outside: {reach_outer.says()}"),
        Evidence("inner", f"default route: {inner.default_route}; outside: {reach_inner.says()}"),
    ]
    if not reach_outer.connected:
        fail("outer_is_closed", evidence=evidence)
    if reach_inner.connected or inner.default_route:
        fail("inner_not_internal", evidence=evidence)


@check
def right_networks(scenery: Scenery) -> None:
    """Each container is on just its networks."""
    on = {name: set(scenery.containers[name].networks) for name in MEMBERS}
    shown = {name: ", ".join(sorted(has)) or "-" for name, has in on.items()}
    evidence = [joined(scenery.containers[name]) for name in MEMBERS if on[name] != MEMBERS[name]]
    if "outer" in on["store"] or "inner" in on["edge"]:
        fail("flat_network", **shown, evidence=evidence)
    for name, has in on.items():
        facts = {"container": name, "networks": shown[name], "asked": ", ".join(sorted(MEMBERS[name]))}
        if MEMBERS[name] - has:
            fail("not_on_network", **facts, evidence=evidence)
        if has - MEMBERS[name]:
            fail("extra_network", **facts, evidence=evidence)


@check
def names_resolve(dock: Dock, scenery: Scenery) -> None:
    """Each name resolves and answers from inside its caller."""
    answers = _hops(dock, scenery)
    bad = [hop for hop, answer in zip(HOPS, answers, strict=True) if not answer.status]
    if not bad:
        return
    share = 1 - len(bad) / len(HOPS)
    caller, called = bad[0]
    answer = answers[HOPS.index(bad[0])]
    facts = {"caller": caller, "called": called, "answer": answer.says()}
    evidence = [
        Evidence(f"{caller}: GET http://{called}:{PORT}/", answer.says()),
        logs(dock, scenery.containers[called]),
    ]
    if answer.error == "name":
        partly(share, "name_unknown", **facts, evidence=evidence)
    if _only_on_loopback(dock, scenery.containers[called]):
        partly(share, "listens_on_loopback", container=called, evidence=evidence)
    if one := _one_address(dock, scenery.containers[called]):
        partly(share, "listens_on_one_address", container=called, listening=one, evidence=evidence)
    partly(share, "no_answer", **facts, evidence=evidence)


@check
def no_static_names(dock: Dock, scenery: Scenery) -> None:
    """No name comes from a link or a line in the hosts file."""
    for name in MEMBERS:
        container = scenery.containers[name]
        if container.links:
            fail(
                "link",
                container=name,
                links=", ".join(container.links),
                evidence=[fragment(container, "HostConfig", "Links")],
            )
    wanted = [
        (caller, name) for caller, called in HOPS for name in {called, _next_host(scenery.containers[caller])} if name
    ]
    answers = ask(dock, *[resolve(scenery.containers[caller], name) for caller, name in wanted])
    for (caller, name), answer in zip(wanted, answers, strict=True):
        if answer.source == "hosts" and not _itself(scenery.containers[caller], answer):  # each knows itself that way
            evidence = [fragment(scenery.containers[caller], "HostConfig", "ExtraHosts")]
            fail("hosts_entry", container=caller, name=name, address=answer.addresses[0], evidence=evidence)


@check
def message_comes_back(dock: Dock, scenery: Scenery, started: Started) -> None:
    """The random message comes back through the published port."""
    edge, port = scenery.containers["edge"], started.port
    if not edge.published:
        fail("not_published", port=port, evidence=[fragment(edge, "NetworkSettings", "Ports")])
    if f"{port}->{PORT}" not in _ports(edge):
        shown = ", ".join(_ports(edge))
        fail("wrong_port", port=port, published=shown, evidence=[fragment(edge, "NetworkSettings", "Ports")])
    answer = _wait_for(dock, port, started.message)
    if CHAIN + started.message in answer.body:
        return
    evidence = [
        Evidence(f"$ curl http://127.0.0.1:{port}/", answer.says()),
        *(logs(dock, scenery.containers[n]) for n in MEMBERS),
    ]
    if not answer.status and _only_on_loopback(dock, edge):
        fail("listens_on_loopback", container="edge", evidence=evidence)
    for caller, called in HOPS:
        _blame_next(dock, scenery, caller, called, evidence)
    if started.message in answer.body:
        fail("other_way", answer=answer.says(), evidence=evidence)
    if answer.status == 200:
        fail("message_missing", answer=answer.says(), evidence=evidence)
    fail("chain_broken", answer=answer.says(), evidence=evidence)


@check
def survives_new_address(dock: Dock, scenery: Scenery, started: Started, timeline: Timeline) -> None:
    """The store, and then the middle, moves to another address, a decoy takes the old one, and all still works."""
    for name, network_name in MOVES:
        remove_guests(dock)
        old = scenery.containers[name].networks[network_name]
        try:
            moved, without = _move(dock, scenery.containers[name], scenery.networks[network_name], started, timeline)
            if started.message in without.body:
                fail("other_way", answer=without.says(), evidence=[Evidence(f"without {name}: GET /", without.says())])
            answer = _wait_for(dock, started.port, started.message)
            if started.message not in answer.body:
                _blame_move(dock, scenery, started, moved, network_name, answer, old)
            timeline.mark("message_back", "recovered")
        finally:
            remove_guests(dock)
    for caller, called in HOPS:  # what leads around the networks, through a published port, does not move with them
        if _is_address(host := _next_host(scenery.containers[caller])):
            evidence = [Evidence(f"NEXT of {caller}", _next(scenery.containers[caller]))]
            fail("asks_by_address", container=caller, called=called, address=host, evidence=evidence)


@check
def strangers_stay_out(dock: Dock, scenery: Scenery, guests: dict[str, Container]) -> None:
    """No stranger, no neighbour on the outer network and no further container of the student's reaches the store."""
    store = scenery.containers["store"]
    addresses = list(store.networks.values())
    # What joins the network of another container is in that one's place.
    further = {
        name: one
        for name, one in scenery.containers.items()
        if name not in (*MEMBERS, *guests) and one.networks and _runs(one)
    }
    where = {"middle": scenery.containers["middle"], "neighbour": guests["neighbour"], "stranger": guests["stranger"]}
    where |= further
    questions = [(name, address) for name in where for address in addresses]
    answers = dict(zip(questions, ask(dock, *[connect(where[n], a, PORT) for n, a in questions]), strict=True))
    evidence = [Evidence(f"{name} -> {address}:{PORT}", answer.says()) for (name, address), answer in answers.items()]
    if not any(answer.connected for (name, _), answer in answers.items() if name == "middle"):
        fail("store_out_of_reach", evidence=evidence)
    for (name, address), answer in answers.items():
        if name == "middle" or not answer.connected:
            continue
        if name in further:
            network_name = next(each for each, has in store.networks.items() if has == address)
            fail("helper_in_reach", who=name, network=network_name, address=address, evidence=evidence)
        network_name = "outer" if name == "neighbour" else "bridge"
        fail("store_in_reach", who=name, network=network_name, address=address, evidence=evidence)


@check
def only_edge_publishes(scenery: Scenery, started: Started) -> None:
    """Only the edge publishes a port, and only on the loopback address."""
    for name, container in scenery.containers.items():
        # On an internal network the engine ignores what was asked to be published; it was asked all the same.
        asked = container.raw["HostConfig"]["PortBindings"] or container.raw["HostConfig"]["PublishAllPorts"]
        if name != "edge" and (container.published or asked):
            evidence = [
                fragment(container, "HostConfig", "PortBindings"),
                fragment(container, "NetworkSettings", "Ports"),
            ]
            shown = ", ".join(f"{host}:{number}->{inside}" for host, number, inside in container.published)
            fail("needless_publish", container=name, published=shown or json.dumps(asked), evidence=evidence)
    edge = scenery.containers["edge"]
    if not edge.published:
        fail("not_published", port=started.port, evidence=[fragment(edge, "NetworkSettings", "Ports")])
    for host, number, inside in edge.published:
        if host != "127.0.0.1":
            evidence = [fragment(edge, "NetworkSettings", "Ports")]
            fail("published_everywhere", host=host, port=number, inside=inside, evidence=evidence)
        if int(number) != started.port:
            evidence = [fragment(edge, "NetworkSettings", "Ports")]
            if len(edge.published) == 1:  # not one too many
                fail("wrong_port", port=started.port, published=f"{number}->{inside}", evidence=evidence)
            fail("needless_publish", container="edge", published=f"{host}:{number}->{inside}", evidence=evidence)
    further = [each for each in _ports(edge) if each != f"{started.port}->{PORT}"]
    if len(edge.published) > 1 and further:  # the same number for another protocol
        evidence = [fragment(edge, "NetworkSettings", "Ports")]
        fail("needless_publish", container="edge", published=further[0], evidence=evidence)


@check
def starts_again(dock: Dock, dice: random.Random, started: Started) -> None:
    """After clean.sh nothing is left, and start.sh works a second time."""
    remove_guests(dock)
    environment = {"MESSAGE": started.message, "PORT": str(started.port)}
    cleaned = run_script(dock, "clean.sh", environment, SECONDS)
    succeed(dock, cleaned, "clean.sh", SECONDS)
    left = [f"container {name}" for name in names(dock)]
    left += [
        f"network {raw['Name']}" for raw in dock.engine.api.networks() if raw["Name"] not in ("bridge", "host", "none")
    ]
    left += [
        f"volume {raw['Name']}"
        for raw in dock.engine.api.volumes()["Volumes"] or ()
        if not ANONYMOUS.fullmatch(raw["Name"])
    ]
    evidence = [output_of(cleaned), overview(dock)]
    if left:
        fail("leftovers", left=", ".join(left), evidence=evidence)
    message = f"again-{dice.randrange(10**8)}"
    again = run_script(dock, "start.sh", {**environment, "MESSAGE": message}, SECONDS)
    answer = _wait_for(dock, started.port, message)
    if again.exit or message not in answer.body:
        evidence = [output_of(again), Evidence(f"$ curl http://127.0.0.1:{started.port}/", answer.says())]
        fail("second_start_fails", code=again.exit, answer=answer.says(), evidence=evidence)


def _hops(dock: Dock, scenery: Scenery) -> list[Answer]:
    """Each caller's answer from the next container by its name, tried until it answers or the time is up."""
    deadline = time.monotonic() + patient(SETTLE_SECONDS)
    while True:
        answers = ask(dock, *[http(scenery.containers[a], f"http://{b}:{PORT}/") for a, b in HOPS])
        settled = all(answer.status or answer.error == "name" for answer in answers)
        if settled or time.monotonic() > deadline or _nobody_listens_for_longer(dock, scenery):
            return answers


def _nobody_listens_for_longer(dock: Dock, scenery: Scenery) -> bool:
    """Whether the called programs are up, so that waiting for them is of no use."""
    seen = ask(dock, *[network(scenery.containers[called]) for _, called in HOPS])
    return all(answer.listening for answer in seen)


def _wait_for(dock: Dock, port: int, message: str) -> Answer:
    """The answer at a published port, as soon as it has the message; the last one when the time is up."""
    return until(
        lambda: ask(dock, http(None, f"http://127.0.0.1:{port}/", seconds=5))[0],
        # A page that came back in full will not change; a refused connection or a broken chain may still mend.
        lambda answer: message in answer.body or answer.status == 200,
        SETTLE_SECONDS,
    )


def _move(
    dock: Dock, container: Container, network: Network, started: Started, timeline: Timeline
) -> tuple[Container, Answer]:
    """Take a container off a network and let it join again at another address, while a decoy takes the old one.

    Returns:
        the container as it is then, and what the published port answered while it was away.
    """
    endpoint = container.raw["NetworkSettings"]["Networks"][network.name]
    old = endpoint["IPAddress"]
    timeline.mark(f"{container.name}_leaves", "broken")
    dock.engine.api.disconnect_container_from_network(container.id, network.id)
    decoy = take_address(dock, network.name, old, page_server("decoy", PORT))
    without = ask(dock, http(None, f"http://127.0.0.1:{started.port}/", seconds=AWAY_SECONDS))[0]
    aliases = [alias for alias in endpoint.get("Aliases") or () if not container.id.startswith(alias)]
    links = [tuple(link.split(":", 1)) for link in endpoint.get("Links") or ()]  # each a container's name and an alias
    dock.engine.api.connect_container_to_network(container.id, network.id, aliases=aliases, links=links)
    timeline.mark(f"{container.name}_moved", "event")
    moved = find_container(dock, container.name)
    assert moved
    new = moved.networks[network.name]
    if decoy is None or new == old:
        raise RuntimeError(f"the grader could not move {container.name}: {old} -> {new}, decoy {decoy}")
    return moved, without


def _blame_move(
    dock: Dock, scenery: Scenery, started: Started, moved: Container, network: str, answer: Answer, old: str
) -> NoReturn:
    """Fail with the reason for which the message does not come back after a container has moved."""
    facts = {"called": moved.name, "old": old, "new": moved.networks[network]}
    asking = next(caller for caller, called in HOPS if called == moved.name)
    hard_coded = [caller for caller, _ in HOPS if _is_address(_next_host(scenery.containers[caller]))]
    evidence = [
        Evidence(f"$ curl http://127.0.0.1:{started.port}/", answer.says()),
        *(Evidence(f"NEXT of {caller}", _next(scenery.containers[caller])) for caller, _ in HOPS),
    ]
    if hard_coded or "decoy" in answer.body:
        fail("hard_coded_address", container=", ".join(hard_coded) or asking, **facts, evidence=evidence)
    if one := _one_address(dock, moved):
        fail("listens_on_one_address", container=moved.name, listening=one, evidence=evidence)
    fail("lost_after_move", answer=answer.says(), **facts, evidence=evidence)


def _ports(container: Container) -> list[str]:
    """What a container publishes, as `OUTSIDE->INSIDE`; what is not TCP says so."""
    found = container.raw["NetworkSettings"]["Ports"] or {}
    return [
        f"{binding['HostPort']}->{inside.removesuffix('/tcp')}"
        for inside, bindings in found.items()
        for binding in bindings or ()
    ]


def _runs(container: Container) -> bool:
    return container.running and not container.raw["State"]["Restarting"]


def _only_on_loopback(dock: Dock, container: Container) -> bool:
    listening = [address for address, port in ask(dock, network(container))[0].listening if port == PORT]
    return bool(listening) and all(address.startswith("127.") or address == "::1" for address in listening)


def _one_address(dock: Dock, container: Container) -> str:
    """The one address that a container's program listens on; empty where it listens on all, or does not listen."""
    listening = [address for address, port in ask(dock, network(container))[0].listening if port == PORT]
    return "" if {"0.0.0.0", "::"} & set(listening) else ", ".join(listening)  # noqa: S104 - it is compared, not bound


def _next(container: Container) -> str:
    """The variable NEXT that a container was given."""
    for entry in container.raw["Config"]["Env"] or ():
        if entry.startswith("NEXT="):
            return str(entry[5:])
    return ""


def _whole(url: str) -> str:
    """A URL as the programs take it: without a scheme it is one of http."""
    return url if "://" in url else f"http://{url}"


def _next_host(container: Container) -> str:
    try:
        return urlsplit(_whole(_next(container))).hostname or ""
    except ValueError:
        return ""


def _itself(container: Container, found: Answer) -> bool:
    """Whether a name that a container looked up stands for that container."""
    own = set(container.networks.values())
    return bool(found.addresses) and all(one.startswith(("127.", "0.")) or one in own for one in found.addresses)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit()


def _blame_next(dock: Dock, scenery: Scenery, caller: str, called: str, evidence: list[Evidence]) -> None:
    """Fail if a caller's NEXT is the reason that the chain is broken."""
    url = _next(scenery.containers[caller])
    if not url:
        fail("next_missing", container=caller, called=called, evidence=evidence)
    container, host = scenery.containers[caller], _next_host(scenery.containers[caller])
    answer, found = ask(dock, http(container, _whole(url)), resolve(container, host or caller))
    if host and _itself(container, found):
        fail("asks_itself", container=caller, called=called, next=url, answer=answer.says(), evidence=evidence)
    if answer.error == "name":
        fail("wrong_name", container=caller, called=called, next=url, evidence=evidence)
    if not answer.error and not url.startswith("https:"):  # the probe asked without TLS
        return
    if _only_on_loopback(dock, scenery.containers[called]):
        fail("listens_on_loopback", container=called, evidence=evidence)
    if _leads_to(dock, scenery.containers[caller], url, scenery.containers[called]):
        if one := _one_address(dock, scenery.containers[called]):
            fail("listens_on_one_address", container=called, listening=one, evidence=evidence)
        fail("no_answer", caller=caller, called=called, answer=answer.says(), evidence=evidence)
    fail("wrong_next", container=caller, called=called, next=url, answer=answer.says(), evidence=evidence)


def _leads_to(dock: Dock, caller: Container, url: str, called: Container) -> bool:
    """Whether a URL is right: http, a name of the called container as its caller looks it up, the program's port."""
    try:
        parts = urlsplit(_whole(url))
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return False
    found = ask(dock, resolve(caller, host))[0].addresses if host else ()
    return parts.scheme == "http" and port == PORT and bool(set(found) & set(called.networks.values()))


def _networks(scenery: Scenery) -> Evidence:
    lines = [f"{n.name}  {n.driver}  internal={n.internal}  {', '.join(n.members)}" for n in scenery.networks.values()]
    return Evidence("$ docker network ls", "\n".join(lines) or "(none)")

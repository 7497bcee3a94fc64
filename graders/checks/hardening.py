"""The checks of the hardening lab: what three containers may do, what they reach, and that they still work."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders import Dock, Evidence, check, fail, not_assessable, scene
from graders.dock import Ran
from graders.observe import namespaces
from graders.observe.cgroups import kernel_offers, limits
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
from graders.observe.exposure import in_inspect, in_processes, spellings
from graders.observe.guests import OURS, guest
from graders.observe.held import held
from graders.observe.network import Answer, ask, connect, http
from graders.observe.network_namespaces import seen
from graders.observe.network_namespaces import views as network_views
from graders.observe.privileges import FILTER, Rights, rights, shown, told
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.secrets import in_image
from graders.observe.storage import layer_holds, mounted, mounts
from graders.observe.waiting import until

PORT = 8080  # where each program listens
SECONDS = 60  # for the script
SETTLE_SECONDS = 12  # for the programs to listen
REACH_SECONDS, BLOCKED_SECONDS = 5.0, 1.5  # for a connection that must come about, and for one that must not
MEMBERS = ("front", "app", "store")
MIB = 1 << 20
MOST_MEMORY, MOST_PROCESSES = 128 * MIB, 100
SCRATCH, DATA, SECRETS = "/scratch", "/data", "/run/secrets"
SOCKET_FOLDERS = ("/run", "/var/run")  # whoever has one of the machine's has the engine's socket, too
KINDS = ("net", "pid", "ipc", "uts", "mnt")  # namespaces that each container has for itself


@dataclass(frozen=True)
class Raised:
    """How up.sh was run."""

    ran: Ran
    port: int
    key: str


@dataclass(frozen=True)
class Scenery:
    """What the dock had after up.sh."""

    containers: Mapping[str, Container]  # all of the student's
    networks: Mapping[str, Network]

    @property
    def members(self) -> dict[str, Container]:
        """The lab's three."""
        return {name: self.containers[name] for name in MEMBERS}

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
                    "networks": {name: address for name, address in c.networks.items() if name in self.networks},
                    "published": [f"{host}:{port}->{inside}" for host, port, inside in c.published],
                }
                for c in self.containers.values()
            ],
            "expected": {},
        }


@dataclass(frozen=True)
class Looked:
    """What the kernel says of the processes, and of a plain container of ours beside them."""

    plain: Container
    rights: Mapping[str, tuple[Rights, ...]]
    plain_rights: tuple[Rights, ...]

    @property
    def evidence(self) -> list[Evidence]:
        """The rights of all processes."""
        return [told({**self.rights, "a plain container": self.plain_rights})]


@scene
def raised(dock: Dock, dice: random.Random) -> Raised:
    """Run up.sh with a key and a port that nobody could know before."""
    key, port = f"key-{dice.getrandbits(128):032x}", dice.randrange(20000, 30000)
    dock.run("sh", "-c", 'rm -rf key.txt && printf "%s\\n" "$0" > key.txt && chmod 644 key.txt', key)
    return Raised(run_script(dock, "up.sh", {"PORT": str(port)}, SECONDS), port, key)


@scene
def scenery(dock: Dock, raised: Raised) -> Scenery:
    """Everything that up.sh left."""
    containers = {name: found for name in names(dock) if (found := _of_the_students(dock, name))}
    used = {name for container in containers.values() for name in container.networks}
    networks = {name: known for name in sorted(used) if (known := find_network(dock, name))}
    return Scenery(containers, networks)


@scene
def looked(dock: Dock, scenery: Scenery) -> Looked:
    """The rights of all processes, and those of a plain container: what one has that nobody hardened."""
    plain = guest(dock, "bridge")
    *members, own = rights(dock, [*scenery.members.values(), plain])
    found = dict(zip(MEMBERS, members, strict=True))
    for name, processes in found.items():
        if not processes:
            fail("broke_the_app", problem=f"{name}: not running", evidence=[overview(dock)])
    first = own[0]
    if first.uids[1] or not first.capabilities or first.no_new_privileges:
        raise RuntimeError(f"a plain container of the grader's is hardened already: {first.says()}")
    return Looked(plain, found, own)


@check
def up_works(dock: Dock, raised: Raised) -> None:
    """up.sh ends well and in time."""
    if raised.ran.exit or raised.ran.ended_by:
        _explain(raised.ran)
        succeed(dock, raised.ran, "up.sh", SECONDS)


@check
def app_works(dock: Dock, scenery: Scenery, raised: Raised, dice: random.Random) -> None:
    """An entry that is handed in at the published port comes back with the seal that only the key makes."""
    for name in MEMBERS:
        container = scenery.containers.get(name)
        if container is None:
            _explain(raised.ran)
            have = ", ".join(scenery.containers) or "-"
            fail("container_missing", container=name, seen=have, evidence=[overview(dock), output_of(raised.ran)])
        if not _made_from(dock, container, f"ledger-{name}"):
            evidence = [fragment(container, "Config", "Image")]
            fail("container_missing", container=name, seen=container.image, evidence=evidence)
    text = f"entry-{dice.randrange(10**8)}"
    page = _page(dock, raised.port, "")
    for query in (f"?add={text}", ""):
        if _is_fine(page):
            page = _page(dock, raised.port, query)
    seal = hashlib.sha256(f"{raised.key}:{text}".encode()).hexdigest()
    if f"{text}-{seal}" not in page.body:
        problem = page.body.strip()[:300] if page.body else page.says()
        ended = [name for name in MEMBERS if not _runs(find_container(dock, name))]
        if ended:
            _explain_ended(dock, scenery, ended)
            problem = f"{', '.join(ended)}: not running"
        evidence = [Evidence(f"$ curl http://127.0.0.1:{raised.port}/", page.says()), overview(dock)]
        evidence += [logs(dock, scenery.containers[name], 8) for name in MEMBERS]
        if not page.body and not ended:
            _explain_silence(scenery, raised.port, evidence)
        if other := re.search(rf"{text}-([0-9a-f]{{64}})\b", page.body):
            fail("other_key", seal=other[1], right=seal, evidence=evidence)
        fail("broke_the_app", problem=problem, evidence=[*evidence, _ports(scenery)])
    _expect_part(dock, scenery, raised, f"{text}-{seal}")


@check
def not_root(scenery: Scenery, looked: Looked) -> None:
    """No process is root's."""
    for name, processes in looked.rights.items():
        for process in processes:
            if 0 in process.uids:
                evidence = [fragment(scenery.containers[name], "Config", "User"), *looked.evidence]
                fail("runs_as_root", container=name, process=" ".join(process.arguments)[:80], evidence=evidence)


@check
def no_capabilities(scenery: Scenery, looked: Looked) -> None:
    """No process has a capability or could get one."""
    for name, processes in looked.rights.items():
        for process in processes:
            if process.capabilities:
                evidence = [fragment(scenery.containers[name], "HostConfig", key) for key in ("CapDrop", "CapAdd")]
                what = f"{name}: {shown(process.capabilities)}"
                fail("capabilities_left", what=what, evidence=[*evidence, *looked.evidence])


@check
def no_new_privileges(scenery: Scenery, looked: Looked) -> None:
    """No process can get rights from a program that it starts."""
    for name, processes in looked.rights.items():
        for process in processes:
            if process.no_new_privileges is None:
                not_assessable("kernel_does_not_tell", what="NoNewPrivs")
            if not process.no_new_privileges:
                evidence = [fragment(scenery.containers[name], "HostConfig", "SecurityOpt"), *looked.evidence]
                fail("may_gain_privileges", container=name, evidence=evidence)


@check
def kept_apart(dock: Dock, scenery: Scenery, looked: Looked) -> None:
    """Each container has namespaces of its own and a filter of system calls, and none has the engine's socket."""
    for name, container in scenery.members.items():
        for mount in container.raw["Mounts"]:
            if str(mount.get("Source", "")).endswith("docker.sock"):
                fail("engine_socket", what=f"{name}: {mount['Destination']}", evidence=[mounted(container)])
    pids = {"host": 0, **{name: container.pid for name, container in scenery.containers.items() if container.pid}}
    found = zip(pids, namespaces.views(dock, [*pids.values()]), strict=True)
    inodes = {name: view.namespaces for name, view in found if view}
    lines = [f"{name}: {' '.join(f'{kind}:[{has[kind]}]' for kind in KINDS)}" for name, has in inodes.items()]
    for kind in KINDS:
        for has in inodes.values():
            sharing = [other for other, its in inodes.items() if its[kind] == has[kind]]
            if len(sharing) > 1 and not set(sharing).isdisjoint(MEMBERS):
                evidence = [Evidence("readlink /proc/PID/ns/*", "\n".join(lines))]
                fail("shared_namespace", what=f"{kind}: {', '.join(sharing)}", evidence=evidence)
    if looked.plain_rights[0].seccomp != FILTER:
        not_assessable("kernel_does_not_tell", what="Seccomp")
    for name, processes in looked.rights.items():
        if any(process.seccomp != FILTER for process in processes):
            fail("confinement_off", what=f"{name}: Seccomp {processes[0].seccomp}", evidence=looked.evidence)


@check
def read_only(dock: Dock, scenery: Scenery, looked: Looked) -> None:
    """What a container can write is in memory, but for the store's data."""
    if not mounts(dock, looked.plain)["/"].writable:
        raise RuntimeError("the root of a plain container of the grader's cannot be written either")
    for name, container in scenery.members.items():
        there = mounts(dock, container)
        evidence = [fragment(container, "HostConfig", "ReadonlyRootfs"), mounted(container)]
        if "/" not in there or there["/"].writable:
            fail("writable_disk", container=name, where="/", evidence=evidence)
        for path, mount in there.items():
            kept = mount.kind in ("volume", "bind") and mount.writable and not mount.in_memory
            if kept and not (name == "store" and path == DATA):
                fail("writable_disk", container=name, where=f"{path} ({mount.kind})", evidence=evidence)


@check
def limited(dock: Dock, scenery: Scenery) -> None:
    """The kernel limits the memory and the processes of each container."""
    offers = kernel_offers(dock)
    lacking = [kind for kind in ("memory", "processes") if not offers[kind]]
    if lacking:
        not_assessable("kernel_cannot_limit", what=", ".join(lacking))
    for name, container in scenery.members.items():
        has = limits(dock, container)
        for what, value, most in (
            ("memory", has.memory, MOST_MEMORY),
            ("processes", has.processes, MOST_PROCESSES),
        ):
            if value is None or value > most:
                evidence = [Evidence(f"the limits of {name}, in the kernel", has.says())]
                value_shown = "-" if value is None else value
                fail("limit_missing", container=name, what=what, most=most, has=value_shown, evidence=evidence)


@check
def key_is_a_file(dock: Dock, scenery: Scenery, raised: Raised, looked: Looked) -> None:
    """The key is a file of the app, and shows nowhere else."""
    secrets = spellings(raised.key)
    for name, container in scenery.containers.items():
        if found := in_inspect(container, secrets):
            evidence = [Evidence(f"$ docker inspect {name}", f"the key stands in {', '.join(found)}")]
            fail("key_shows", container=name, where=f"docker inspect: {found[0]}", evidence=evidence)
    # Where the other two might have it: what is mounted, and where it would be by default.
    paths = {name: _folders(scenery.containers[name]) for name in ("front", "store")}
    for name, places in in_processes(dock, secrets, looked.rights, paths).items():
        if places:
            evidence = [mounted(scenery.containers[name])]
            fail("key_shows", container=name, where=places[0], evidence=evidence)
    for name in paths:
        container = scenery.containers[name]
        if not container.raw["HostConfig"]["ReadonlyRootfs"]:  # what `docker cp` brings in lies in its own layer
            for secret, called in secrets.items():
                for path in layer_holds(dock, container, secret):
                    where = f"{path} ({called})" if called else path
                    fail("key_shows", container=name, where=where, evidence=[mounted(container)])
    for image, tag in _own_images(dock).items():
        if in_image(dock, image, secrets):
            users = [name for name, container in scenery.containers.items() if container.image_id == image]
            evidence = [fragment(scenery.containers[name], "Config", "Image") for name in users]
            where = f"image {tag}" if users else "docker save"
            fail("key_shows", container=(users or [tag])[0], where=where, evidence=evidence)


@check
def only_front_published(dock: Dock, scenery: Scenery, raised: Raised) -> None:
    """Only the front's page is published, and only at the loopback address."""
    own, wide = ask(
        dock,
        connect(None, dock.own_address, dock.api_port, seconds=REACH_SECONDS),
        connect(None, dock.own_address, raised.port, seconds=BLOCKED_SECONDS),
    )
    evidence = [_ports(scenery), Evidence(f"connect to {dock.own_address}:{raised.port}", wide.says())]
    if not own.connected:
        raise RuntimeError(f"the grader cannot reach the dock at its own address: {own.says()}")
    for name, container in scenery.containers.items():
        # On an internal network the engine ignores what was asked to be published; it was asked all the same.
        config = container.raw["HostConfig"]
        asked = config["PortBindings"] or config["PublishAllPorts"]
        ports = ", ".join(f"{host}:{number}->{inside}" for host, number, inside in container.published)
        shown_asked = json.dumps(asked) if config["PortBindings"] else "-P"
        needless = name != "front" and (container.published or asked)
        for host, number, _ in container.published:
            loopback = bool(host) and ipaddress.ip_address(host).is_loopback
            needless = needless or not loopback or int(number) != raised.port
        if needless or (name == "front" and wide.connected):
            fail("published_too_much", container=name, published=ports or shown_asked, evidence=evidence)


@check
def front_cut_off(dock: Dock, scenery: Scenery, looked: Looked) -> None:
    """The app reaches the store; neither the front nor a stranger does."""
    views = network_views(dock, scenery.members)
    addresses = views["store"].addresses
    where = {"app": scenery.containers["app"], "front": scenery.containers["front"], "stranger": looked.plain}
    questions = {
        (name, address): connect(one, address, PORT, seconds=REACH_SECONDS if name == "app" else BLOCKED_SECONDS)
        for name, one in where.items()
        for address in addresses
    }
    answers = dict(zip(questions, ask(dock, *questions.values()), strict=True))
    lines = [f"{name} -> {address}:{PORT}  {answer.says()}" for (name, address), answer in answers.items()]
    evidence = [Evidence("who reaches the store", "\n".join(lines)), seen(views)]
    evidence += [joined(container) for container in scenery.members.values()]
    if not any(answer.connected for (name, _), answer in answers.items() if name == "app"):
        fail("broke_the_app", problem="app -> store: no connection", evidence=evidence)
    for (name, address), answer in answers.items():
        if name != "app" and answer.connected:
            fail("store_in_reach", who=name, address=f"{address}:{PORT}", evidence=evidence)


@check
def no_way_out(dock: Dock, scenery: Scenery, looked: Looked) -> None:
    """App and store reach nothing outside, while a plain container does."""
    outside = (dock.own_address, dock.api_port)
    answers = ask(
        dock,
        connect(looked.plain, *outside, seconds=REACH_SECONDS),
        *[connect(scenery.containers[name], *outside, seconds=BLOCKED_SECONDS) for name in ("app", "store")],
    )
    outcome = dict(zip(("a plain container", "app", "store"), answers, strict=True))
    lines = [f"{name}: {answer.says()}" for name, answer in outcome.items()]
    evidence = [Evidence(f"connect to {dock.own_address}, outside", "\n".join(lines))]
    if not outcome["a plain container"].connected:
        raise RuntimeError(f"a plain container of the grader's reaches nothing outside: {lines}")
    for name in ("app", "store"):
        if outcome[name].connected:
            on = ", ".join(f"{n.name} (internal: {n.internal})" for n in scenery.networks.values()
                           if n.name in scenery.containers[name].networks)  # fmt: skip
            evidence += [joined(scenery.containers[name])]
            fail("way_out", container=name, networks=on or scenery.containers[name].mode, evidence=evidence)


def _explain(ran: Ran) -> None:
    """Fail with the misconception for which the policy refused something."""
    evidence = [output_of(ran)]
    for refusal in ran.refusals:
        asked = refusal.asked
        if "docker.sock" in asked or asked.rstrip("/") in SOCKET_FOLDERS:
            fail("engine_socket", what=asked, evidence=evidence)
        if refusal.rule == "host_namespace":
            fail("shared_namespace", what=asked, evidence=evidence)
        if refusal.rule == "capability":
            fail("capabilities_left", what=asked, evidence=evidence)
        if refusal.rule == "privileged" or "Privileged" in asked or "unconfined" in asked or "systempaths" in asked:
            fail("confinement_off", what=asked, evidence=evidence)


def _explain_ended(dock: Dock, scenery: Scenery, ended: list[str]) -> None:
    """Fail with the misconception for which a container could not stay: another has its port in their namespace."""
    for name in ended:
        mode, _, whose = scenery.containers[name].mode.partition(":")
        if mode == "container":
            other = find_container(dock, whose)
            evidence = [fragment(scenery.containers[name], "HostConfig", "NetworkMode"), overview(dock)]
            evidence += [logs(dock, scenery.containers[name], 8)]
            fail("shared_namespace", what=f"net: {name}, {other.name if other else whose[:12]}", evidence=evidence)


def _explain_silence(scenery: Scenery, port: int, evidence: list[Evidence]) -> None:
    """Fail with the misconception for which the page does not answer: its port is another one, or published in vain."""
    front = scenery.containers["front"]
    on = [scenery.networks[name] for name in front.networks if name in scenery.networks]
    if front.raw["HostConfig"]["PortBindings"] and on and all(one.internal for one in on):
        fail("published_on_internal", networks=", ".join(one.name for one in on), evidence=evidence)
    if (str(port), PORT) not in [(number, inside) for _, number, inside in front.published]:
        published = ", ".join(f"{host}:{number}->{inside}" for host, number, inside in front.published) or "-"
        fail("published_elsewhere", port=port, published=published, evidence=[*evidence, _ports(scenery)])


def _of_the_students(dock: Dock, name: str) -> Container | None:
    found = find_container(dock, name)
    label, _, value = OURS["label"].partition("=")
    return found if found and (found.raw["Config"]["Labels"] or {}).get(label) != value else None


def _folders(container: Container) -> list[str]:
    """Where a container might have a secret in a file that is not its image's."""
    mounted_there = [str(mount["Destination"]) for mount in container.raw["Mounts"]]
    return list(dict.fromkeys([SECRETS, *mounted_there, *(container.raw["HostConfig"].get("Tmpfs") or {})]))


def _own_images(dock: Dock) -> dict[str, str]:
    """The student's images, also those that no container uses: id -> what to call it."""
    api: Any = dock.engine.api
    given = set(dock.image_ids.values())
    return {
        raw["Id"]: (raw.get("RepoTags") or [raw["Id"].removeprefix("sha256:")[:12]])[0]
        for raw in api.images()
        if raw["Id"] not in given
    }


def _made_from(dock: Dock, container: Container, image: str) -> bool:
    """Whether a container's image is one of the lab's, or has all its layers at the bottom."""
    if container.image_id == dock.image_ids[image]:
        return True
    api: Any = dock.engine.api
    own, lab = (api.inspect_image(one)["RootFS"]["Layers"] for one in (container.image_id, dock.image_ids[image]))
    return bool(own[: len(lab)] == lab)


def _page(dock: Dock, port: int, query: str) -> Answer:
    """The page, as soon as time will not change it: who does not reach the next may do so once that one listens."""
    return until(
        lambda: ask(dock, http(None, f"http://127.0.0.1:{port}/{query}", seconds=6))[0],
        lambda page: page.status == 200 and "cannot reach" not in page.body,
        SETTLE_SECONDS,
    )


def _expect_part(dock: Dock, scenery: Scenery, raised: Raised, entry: str) -> None:
    """Fail where others do the work of app and store: what is protected has to be what is used."""
    app, store = scenery.containers["app"], scenery.containers["store"]
    own = ask(dock, http(store, f"http://127.0.0.1:{PORT}/"))[0]
    if own.status == 200 and entry not in own.body:
        evidence = [Evidence("inside store: what it has kept", own.says()), overview(dock)]
        fail("done_by_another", container="store", seen=own.says(), evidence=evidence)
    with held(dock, app):
        page = ask(dock, http(None, f"http://127.0.0.1:{raised.port}/", seconds=BLOCKED_SECONDS))[0]
    if entry in page.body:
        evidence = [Evidence("while app was paused: the page of front", page.says()), overview(dock)]
        fail("done_by_another", container="app", seen=page.says(), evidence=evidence)


def _is_fine(page: Answer) -> bool:
    return page.status == 200 and not page.body.startswith("error:")


def _runs(container: Container | None) -> bool:
    return container is not None and container.running and not container.raw["State"]["Restarting"]


def _ports(scenery: Scenery) -> Evidence:
    """What each container publishes."""
    lines = [
        f"{name}: " + (", ".join(f"{host}:{number}->{inside}" for host, number, inside in one.published) or "-")
        for name, one in scenery.containers.items()
    ]
    return Evidence("$ docker ps --format '{{.Names}}: {{.Ports}}'", "\n".join(lines))

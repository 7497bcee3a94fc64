"""The checks of the compose lab: several containers described in one file."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from graders import Dock, Evidence, Timeline, check, fail, partly, scene
from graders.dock import Ran
from graders.observe import builds
from graders.observe.compose import (
    Project,
    compose,
    find_project,
    said,
    said_at,
    service_of,
    settle,
    shown,
    started_at,
    states,
    succeed,
)
from graders.observe.containers import Container, Network, find_network, fragment, joined, logs
from graders.observe.health import failed_since, health_command, healthy_with
from graders.observe.network import Answer, ask, connect, http
from graders.observe.secrets import in_image
from graders.observe.storage import find_volume, mounted, mounts, volume_files
from graders.observe.waiting import until

LISTENS = {"web": 8080, "worker": 7000, "store": 6000}
TOOL = "peek"
UP_SECONDS, COMMAND_SECONDS = 60, 40
SETTLE_SECONDS = 20  # after `up`, until all work
LATE_SECONDS, MUCH_LATER_SECONDS = 5, 30
FEW_RESTARTS = 2  # with so few, all is over after some 4 seconds, unless the machine is slow
PAGE_SECONDS = 8  # for a page, or for a parcel to come back stamped
GRACE_SECONDS, USUAL_GRACE_SECONDS = 3, 10  # that are enough for the worker to finish; what the engine gives
PATIENCE_SECONDS = 4  # for which web and worker look for the store at most
EARLY = ("web", "worker")  # need the store when they start
MEMORY = 64 << 20  # bytes that the worker may have at most
DATA = "/data"
WRITE = 'printf "%s\\n" "$1" > "$0" && chmod 644 "$0"'


@dataclass(frozen=True)
class Raised:
    """How the first project was started, and with what."""

    name: str
    ran: Ran
    project: Project
    networks: tuple[Network, ...]
    greeting: str
    stamp: str
    delay: str
    password: str

    def observed(self) -> dict[str, object]:
        """For the card's picture: services and networks without the project's name."""
        return {
            "networks": [
                {
                    "name": self._plain(network.name),
                    "driver": network.driver,
                    "internal": network.internal,
                    "members": [self._plain(member) for member in network.members],
                }
                for network in self.networks
            ],
            "containers": [
                {
                    "name": self._plain(container.name),
                    "running": container.running,
                    "networks": {self._plain(name): address for name, address in container.networks.items()},
                    "published": [f"{host}:{port}->{inside}" for host, port, inside in container.published],
                }
                for container in self.project.containers
            ],
        }

    def _plain(self, name: str) -> str:
        return name.removeprefix(f"{self.name}-").removeprefix(f"{self.name}_")


@dataclass(frozen=True)
class Flow:
    """A parcel that was handed in at a page, and the page after it."""

    text: str
    port: int
    answer: Answer
    page: Answer

    def stamped(self) -> bool:
        """Whether it went all the way."""
        return f"parcel {self.text}: stamped" in self.page.body

    def evidence(self) -> list[Evidence]:
        """The two requests as a student would make them."""
        url = f"$ curl http://127.0.0.1:{self.port}/"
        return [Evidence(f"{url}?add={self.text}", self.answer.says()), Evidence(url, self.page.says())]


@dataclass(frozen=True)
class Second:
    """Another project from the same file."""

    ran: Ran
    project: Project
    flow: Flow | None  # None where it did not come up


@dataclass(frozen=True)
class Stopped:
    """The first project after `stop`."""

    ran: Ran
    project: Project


@dataclass(frozen=True)
class Late:
    """The first project after `down` and an `up` in which the store was late."""

    down: Ran
    ran: Ran
    project: Project
    page: Answer
    delay: int  # seconds
    opened: datetime  # when the store did

    def unknown(self) -> list[Container]:
        """The containers of which nothing says that they waited for the store: it was open when they started."""
        found = [self.project.first(service) for service in EARLY]
        return [one for one in found if one and one.running and not _waited(self.project, one, self.opened)]

    def later(self) -> int:
        """With which delay the store is as late as was asked for those who start as slowly as here."""
        if any(one.raw["RestartCount"] for one in self.unknown()):
            return MUCH_LATER_SECONDS
        store = self.project.first("store")
        gaps = [started_at(one) - started_at(store) for one in self.unknown()] if store else []
        return LATE_SECONDS + 1 + math.ceil(max([timedelta(), *gaps]).total_seconds())


@scene
def raised(dock: Dock, dice: random.Random) -> Raised:
    """Bring the file up with settings and a password that nobody could know before."""
    builds.offline(dock)
    name, password = f"office{dice.randrange(10**6)}", f"password-{dice.getrandbits(64):016x}"
    greeting, stamp = f"greeting-{dice.randrange(10**8)}", f"stamp-{dice.randrange(10**8)}"
    delay = f"0.{dice.randrange(100, 300)}"
    _write_settings(dock, greeting, stamp, delay)
    dock.run("sh", "-c", WRITE, "password.txt", password)
    ran, project = _up(dock, name)
    networks = tuple(found for joined in sorted(project.networks()) if (found := find_network(dock, joined)))
    return Raised(name, ran, project, networks, greeting, stamp, delay, password)


@scene
def flow(dock: Dock, dice: random.Random, raised: Raised) -> Flow:
    """Hand in a parcel."""
    web = raised.project.first("web")
    return _hand_in(dock, _published(web) if web else 0, f"first-{dice.randrange(10**8)}")


@scene
def tool(dock: Dock, raised: Raised, flow: Flow) -> Ran:
    """Run the tool while there is one project: on a network that two share it could find the other one's store."""
    return compose(dock, raised.name, "--profile", "dev", "run", "--rm", "-T", TOOL, seconds=UP_SECONDS)


@scene
def second(dock: Dock, dice: random.Random, tool: Ran) -> Second:
    """Bring the same file up under another name, and hand in a parcel there."""
    name = f"branch{dice.randrange(10**6)}"
    ran, project = _up(dock, name)
    web = project.first("web")
    works = ran.exit == 0 and web and web.running
    flow = _hand_in(dock, _published(web), f"second-{dice.randrange(10**8)}") if works and web else None
    return Second(ran, project, flow)


@scene
def stopped(dock: Dock, raised: Raised) -> Stopped:
    """Stop the first project; it has one container of each service again, all running."""
    _up(dock, raised.name)
    ran = compose(dock, raised.name, "stop", seconds=COMMAND_SECONDS)
    return Stopped(ran, find_project(dock, raised.name))


@scene
def late(dock: Dock, raised: Raised, stopped: Stopped, timeline: Timeline) -> Late:
    """Take the project down and bring it up again, while the store opens late."""
    timeline.mark("store_late", "broken")
    seen = _up_late(dock, raised, LATE_SECONDS)
    if seen.ran.exit == 0 and seen.unknown():
        # The machine was so slow that the store was open in time. With a store that is later still it must show who
        # waits; nothing else is asked of that.
        return replace(_up_late(dock, raised, seen.later()), down=seen.down)
    return seen


@check
def up_works(dock: Dock, raised: Raised) -> None:
    """`up` ends well, and the three services run."""
    _blame_health(dock, raised)
    succeed(dock, raised.ran, UP_SECONDS)
    _all_run(dock, raised.project, [said(raised.ran)])


@check
def parcels_flow(dock: Dock, raised: Raised, flow: Flow) -> None:
    """A parcel goes from the published page to the store and comes back stamped."""
    web = raised.project.first("web")
    assert web
    if not _published(web):
        fail("not_published", published=_shown(web), evidence=[fragment(web, "NetworkSettings", "Ports")])
    if not flow.stamped():
        evidence = flow.evidence()
        evidence += [logs(dock, found) for name in LISTENS if (found := raised.project.first(name))]
        fail("page_fails", answer=_trouble(flow), evidence=evidence)
    store = raised.project.first("store")
    assert store
    # Another password than the file's is told by secret_from_file.
    listed = ask(dock, http(store, _question(raised.password)))[0]
    if listed.status == 200 and flow.text not in listed.body:
        answer = Evidence("$ docker compose --profile dev run --rm peek", listed.body or "(no parcel)")
        fail("page_without_store", parcel=flow.text, evidence=[*flow.evidence(), answer])


@check
def only_web_published(raised: Raised) -> None:
    """Only web publishes a port, and only on the loopback address."""
    for service, found in raised.project.services.items():
        for container in found if service != "web" else ():
            settings = container.raw["HostConfig"]
            if container.published or settings["PortBindings"] or settings["PublishAllPorts"]:
                evidence = [fragment(container, "HostConfig", "PortBindings")]
                fail("needless_publish", service=service, published=_shown(container), evidence=evidence)
    web = raised.project.first("web")
    assert web
    evidence = [fragment(web, "NetworkSettings", "Ports")]
    if any(host not in ("127.0.0.1", "::1") for host, _, _ in web.published):
        partly(0.5, "published_everywhere", published=_shown(web), evidence=evidence)
    if any(inside != LISTENS["web"] for _, _, inside in web.published):
        partly(0.5, "other_port", published=_shown(web), evidence=evidence)


@check
def tiers_are_apart(dock: Dock, raised: Raised) -> None:
    """Web and worker cannot reach each other, while both have reached the store; no name comes from a link."""
    members = {name: found for name in LISTENS if (found := raised.project.first(name))}
    for name, container in members.items():
        if container.links:
            evidence = [joined(container), fragment(container, "NetworkSettings", "Networks")]
            fail("link", service=name, links=", ".join(container.links), evidence=evidence)
    addresses = sorted(
        {address for container in members.values() for address in container.networks.values() if address}
    )
    pairs = [("worker", "worker"), ("web", "web"), ("web", "worker"), ("worker", "web")]
    questions = [(who, whom, address) for who, whom in pairs for address in addresses]
    answers = ask(dock, *[connect(members[who], address, LISTENS[whom]) for who, whom, address in questions])
    reached = [question for question, answer in zip(questions, answers, strict=True) if answer.connected]
    if not all(any(pair == (who, whom) for who, whom, _ in reached) for pair in pairs[:2]):
        raise RuntimeError(f"the grader could not reach what listens: {reached} of {questions}")
    for who, whom, address in reached:
        if who != whom:
            evidence = [joined(container) for container in members.values()]
            fail("flat_network", who=who, whom=whom, address=f"{address}:{LISTENS[whom]}", evidence=evidence)


@check
def settings_from_file(dock: Dock, raised: Raised, flow: Flow) -> None:
    """Each service has its setting from settings.env."""
    found = [raised.project.first(name) for name in LISTENS]
    store = found[-1]
    assert store
    log = logs(dock, store, 200)
    seen = {
        "web": ("GREETING", raised.greeting, flow.page.body),
        "worker": ("STAMP", raised.stamp, flow.page.body),
        "store": ("DELAY", f"opens in {raised.delay} s", log.text),
    }
    wrong = [service for service, (_, value, text) in seen.items() if value not in text]
    if wrong:
        evidence = [*flow.evidence(), log] + [fragment(one, "Config", "Env") for one in found if one]
        facts = {"service": wrong[0], "variable": seen[wrong[0]][0]}
        partly(1 - len(wrong) / len(seen), "settings_typed", **facts, evidence=evidence)


@check
def secret_from_file(dock: Dock, raised: Raised) -> None:
    """The password is that of the file, and can be read in no container's settings and in no image."""
    store = raised.project.first("store")
    assert store
    right, wrong = ask(dock, *[http(store, _question(password)) for password in (raised.password, "another")])
    if wrong.status != 403:
        raise RuntimeError(f"the store does not ask for a password: {wrong.says()}")
    if right.status != 200:
        fail("secret_typed", answer=right.says(), evidence=[logs(dock, store), mounted(store)])
    for container in raised.project.containers:
        parts = [(part, key) for part in ("Config", "HostConfig", "State") for key in container.raw[part]]
        for part, key in parts:
            if raised.password in str(container.raw[part][key]):
                where = f"{service_of(container)}: {part}.{key}"
                fail("secret_shown", where=where, evidence=[fragment(container, part, key)])
    given = set(dock.image_ids.values())
    for image in sorted({container.image_id for container in raised.project.containers} - given):
        if in_image(dock, image, [raised.password]):
            name = next(c.image for c in raised.project.containers if c.image_id == image)
            fail("secret_shown", where=f"docker image {name}", evidence=[])


@check
def worker_is_limited(raised: Raised) -> None:
    """The engine lets the worker have no more memory than was asked."""
    worker = raised.project.first("worker")
    assert worker
    memory = int(worker.raw["HostConfig"].get("Memory") or 0)
    if not 0 < memory <= MEMORY:
        fail("no_limit", memory=f"{memory / (1 << 20):.0f}", evidence=[fragment(worker, "HostConfig", "Memory")])


@check
def two_projects(dock: Dock, raised: Raised, flow: Flow, second: Second) -> None:
    """The same file comes up a second time beside the first, and the two have nothing in common."""
    evidence = [said(second.ran)]
    _blame_conflict(dock, raised.project, second.ran)
    other = second.project
    networks = raised.project.networks() & other.networks()
    volumes = raised.project.volumes() & other.volumes()
    if networks or volumes:
        fail("shared_between_projects", what=", ".join(sorted(networks | volumes)), evidence=evidence)
    if second.flow is None or not second.flow.stamped():
        _all_run(dock, other, evidence)
        answer = second.flow.page.says() if second.flow else "-"
        fail("page_fails", answer=answer, evidence=[*evidence, *(second.flow.evidence() if second.flow else ())])
    here = _page(dock, flow.port)
    if second.flow.text in here.body or flow.text in second.flow.page.body:
        store = raised.project.first("store")
        assert store
        fail("shared_between_projects", what=_data_of(dock, store), evidence=[*second.flow.evidence(), mounted(store)])


@check
def scales(dock: Dock, raised: Raised, flow: Flow) -> None:
    """Three of web run side by side, each with a port of its own, before the same store."""
    ran = compose(dock, raised.name, "up", "--detach", "--scale", "web=3", seconds=UP_SECONDS)
    _blame_conflict(dock, raised.project, ran)
    found = settle(dock, raised.name, LISTENS, SETTLE_SECONDS).services.get("web", ())
    ports = [_published(container) for container in found if container.running]
    pages = [_page(dock, port, flow.text) for port in ports if port]
    working = [page for page in pages if flow.text in page.body]
    if len(working) < 3 or len(set(ports)) < 3:
        evidence = [said(ran), *(Evidence("$ curl http://127.0.0.1:PORT/", page.says()) for page in pages)]
        fail("page_fails", answer=f"web: {len(working)}/3", evidence=evidence)


@check
def rebuilds_one(dock: Dock, dice: random.Random, raised: Raised) -> None:
    """A changed source comes with `up --build`, and the other services run on as they are."""
    version = f"version-{dice.randrange(10**8)}"
    dock.run("sh", "-c", WRITE, "web/version.txt", version)
    before = find_project(dock, raised.name).starts()
    ran = compose(dock, raised.name, "up", "--detach", "--build", seconds=UP_SECONDS)
    succeed(dock, ran, UP_SECONDS)
    project = settle(dock, raised.name, LISTENS, SETTLE_SECONDS)
    web = project.first("web")
    page = _page(dock, _published(web), version) if web else Answer(error="stopped")
    evidence = [said(ran), Evidence("$ curl http://127.0.0.1:PORT/", page.says())]
    if version not in page.body:
        fail("rebuild_not_seen", version=version, answer=page.says(), evidence=evidence)
    after = project.starts()
    again = [service for service in ("worker", "store") if before.get(service) != after.get(service)]
    if again:
        fail("others_replaced", services=", ".join(again), evidence=evidence)


@check
def dev_tool(raised: Raised, flow: Flow, tool: Ran) -> None:
    """The tool is not there after a plain `up`, and works when its profile asks for it."""
    if raised.project.first(TOOL):
        fail("tool_always_there", state=raised.project.state(TOOL), evidence=[states(raised.project, [*LISTENS, TOOL])])
    if tool.exit or flow.text not in tool.output:
        fail("tool_fails", code=tool.exit, parcel=flow.text, evidence=[said(tool)])


@check
def stops_gracefully(dock: Dock, stopped: Stopped) -> None:
    """Each service ends by itself and well when it is asked to."""
    succeed(dock, stopped.ran, COMMAND_SECONDS)
    evidence = [said(stopped.ran), states(stopped.project, LISTENS)]
    for service in LISTENS:
        container = stopped.project.first(service)
        if container is None or container.exit_code == 0:
            continue
        evidence.append(logs(dock, container))
        if container.exit_code == 137:  # 128 + SIGKILL
            grace = container.raw["Config"].get("StopTimeout", USUAL_GRACE_SECONDS)
            if "finishing what is in hand" in evidence[-1].text and grace >= GRACE_SECONDS:
                raise RuntimeError("this machine is too slow: the worker was killed while it finished")
            fail("killed_at_stop", service=service, evidence=evidence)
        fail("stopped_the_wrong_way", service=service, code=container.exit_code, evidence=evidence)


@check
def late_store(dock: Dock, late: Late, timeline: Timeline) -> None:
    """A store that opens late breaks nothing."""
    store = late.project.first("store")
    evidence = [said(late.ran), states(late.project, LISTENS)]
    if store is None:
        succeed(dock, late.ran, UP_SECONDS)
        fail("service_stopped", service="store", state="-", evidence=evidence)
    log = logs(dock, store, 200)
    if f"opens in {late.delay} s" not in log.text:
        fail("settings_typed", service="store", variable="DELAY", evidence=[log, fragment(store, "Config", "Env")])
    evidence.append(fragment(store, "Config", "Healthcheck"))
    if late.ran.exit and "unhealthy" in late.ran.output:
        if failed_since(store, late.opened):
            raise RuntimeError("this machine is too slow: the health check failed although the store was open")
        fail("gives_up", evidence=evidence)
    succeed(dock, late.ran, UP_SECONDS)
    for service in EARLY:
        _blame_haste(dock, late.project, service, store, evidence)
    _all_run(dock, late.project, evidence)
    if late.unknown():
        raise RuntimeError("this machine is too slow to see who waits for a store that is late")
    if late.page.status != 200:
        fail("page_fails", answer=late.page.says(), evidence=evidence)
    timeline.mark("page_back", "recovered")


@check
def keeps_data(dock: Dock, raised: Raised, flow: Flow, late: Late) -> None:
    """What was kept is there after down and up, in a volume with a name."""
    succeed(dock, late.down, COMMAND_SECONDS)
    store = settle(dock, raised.name, {"store": LISTENS["store"]}, SETTLE_SECONDS).first("store")
    if store is None or not store.running:
        fail("service_stopped", service="store", state=late.project.state("store"), evidence=[said(late.ran)])
    found = mounts(dock, store).get(DATA)
    evidence = [mounted(store), logs(dock, store)]
    if found and found.kind == "bind":
        fail("bind_instead", source=found.source, evidence=evidence)
    named = found and found.kind == "volume" and not found.anonymous
    volume = find_volume(dock, found.name) if found and named else None
    files = volume_files(dock, volume) if volume else {}
    if not any(flow.text in content for content in files.values()):
        fail("no_volume", where=_data_of(dock, store), evidence=evidence)


def _write_settings(dock: Dock, greeting: str, stamp: str, delay: str) -> None:
    dock.run("sh", "-c", WRITE, "settings.env", f"GREETING={greeting}\nSTAMP={stamp}\nDELAY={delay}")


def _up(dock: Dock, name: str) -> tuple[Ran, Project]:
    """Bring a project up; where a service was there before the store and gave up, start it once more.

    Whether services wait for the store is asked with one that is late, not here, where it would be a matter of luck.
    """
    ran = compose(dock, name, "up", "--detach", seconds=UP_SECONDS)
    project = settle(dock, name, LISTENS, SETTLE_SECONDS)
    ended = [one for one in project.containers if one.raw["State"]["Status"] == "exited" and service_of(one) in LISTENS]
    if ran.exit == 0 and ended:
        ran = compose(dock, name, "up", "--detach", seconds=UP_SECONDS)
        project = settle(dock, name, LISTENS, SETTLE_SECONDS)
    return ran, project


def _up_late(dock: Dock, raised: Raised, delay: int) -> Late:
    """Take the project down and bring it up with a store that is late."""
    down = compose(dock, raised.name, "down", seconds=COMMAND_SECONDS)
    _write_settings(dock, raised.greeting, raised.stamp, str(delay))
    ran = compose(dock, raised.name, "up", "--detach", seconds=UP_SECONDS + delay)
    project = settle(dock, raised.name, LISTENS, SETTLE_SECONDS + delay)
    web, store = project.first("web"), project.first("store")
    page = _page(dock, _published(web)) if web and web.running else Answer(error="stopped", detail=project.state("web"))
    opened = said_at(dock, store, "store: open") if store else None
    return Late(down, ran, project, page, delay, opened or datetime.now(UTC))


def _waited(project: Project, container: Container, opened: datetime) -> bool:
    """Whether it is certain that a container that runs did wait for the store, or would have tried again."""
    if _comes_late(project, container):
        return True
    if _restarts(container) > FEW_RESTARTS:
        return True
    return not container.raw["RestartCount"] and started_at(container) < opened - timedelta(seconds=PATIENCE_SECONDS)


def _comes_late(project: Project, container: Container) -> bool:
    """Whether Compose starts a container only after more than a start, or after another one that comes so late."""
    for entry in container.raw["Config"]["Labels"].get("com.docker.compose.depends_on", "").split(","):
        needed, _, rest = entry.partition(":")
        if rest.partition(":")[0] in ("service_healthy", "service_completed_successfully"):
            return True
        if (first := project.first(needed)) and _comes_late(project, first):
            return True
    return False


def _restarts(container: Container) -> float:
    """How often a container that fails is started again at most."""
    policy = container.raw["HostConfig"]["RestartPolicy"]
    return 0 if policy["Name"] in ("", "no") else int(policy.get("MaximumRetryCount") or 0) or math.inf


def _blame_health(dock: Dock, raised: Raised) -> None:
    """Fail if `up` waited in vain for a healthy store: it has no check, or one that fails though the store answers."""
    store = raised.project.first("store")
    if store is None or not raised.ran.exit:
        return
    evidence = [said(raised.ran), fragment(store, "Config", "Healthcheck")]
    if f"{store.name} has no healthcheck" in raised.ran.output:
        fail("health_missing", evidence=evidence)
    opened = said_at(dock, store, "store: open")
    if f"{store.name} is unhealthy" in raised.ran.output and opened:
        tries = [one for one in store.raw["State"]["Health"]["Log"] if datetime.fromisoformat(one["Start"]) > opened]
        told = [str(one["Output"]).strip() for one in tries if one["ExitCode"]]
        if told and len(told) == len(tries) and not any("exceeded timeout" in text for text in told):
            fail("never_healthy", problem=told[-1] or "-", evidence=[*evidence, fragment(store, "State", "Health")])


def _blame_haste(dock: Dock, project: Project, service: str, store: Container, evidence: list[Evidence]) -> None:
    """Fail if a service did not wait, or waited for a health check that says nothing."""
    container = project.first(service)
    if container is None:
        return
    waits = "store:service_healthy" in container.raw["Config"]["Labels"].get("com.docker.compose.depends_on", "")
    again = container.raw["HostConfig"]["RestartPolicy"]["Name"] not in ("", "no")
    if waits and not again and health_command(store) and healthy_with(dock, store, {"DELAY": "3600"}):
        fail("health_says_nothing", service=service, evidence=[*evidence, logs(dock, container)])
    if container.raw["State"]["Status"] == "exited" and not waits:
        if (most := _restarts(container)) and most < math.inf:
            policy = fragment(container, "HostConfig", "RestartPolicy")
            fail("tries_too_few", service=service, times=most, evidence=[*evidence, policy, logs(dock, container)])
        fail("starts_too_early", service=service, evidence=[*evidence, logs(dock, container)])


def _hand_in(dock: Dock, port: int, text: str) -> Flow:
    """Hand in a parcel at a page, and wait until it is stamped."""
    if not port:
        nothing = Answer(error="not published")
        return Flow(text, port, nothing, nothing)
    first = _page(dock, port)
    if first.status != 200:
        return Flow(text, port, first, first)
    answer = ask(dock, http(None, f"http://127.0.0.1:{port}/?add={text}"))[0]
    page = _page(dock, port, f"parcel {text}: stamped") if answer.status == 200 else answer
    return Flow(text, port, answer, page)


def _page(dock: Dock, port: int, text: str = "") -> Answer:
    """The page at a port, as soon as it has a text; the last one when the time is up."""
    question = http(None, f"http://127.0.0.1:{port}/", seconds=5)
    return until(lambda: ask(dock, question)[0], lambda page: page.status == 200 and text in page.body, PAGE_SECONDS)


def _all_run(dock: Dock, project: Project, evidence: Iterable[Evidence]) -> None:
    for service in LISTENS:
        container = project.first(service)
        if container is None or not container.running or container.raw["State"]["Restarting"]:
            more = [logs(dock, container)] if container else []
            evidence = [*evidence, states(project, LISTENS), *more]
            fail("service_stopped", service=service, state=project.state(service), evidence=evidence)


def _blame_conflict(dock: Dock, first: Project, ran: Ran) -> None:
    """Fail if the command did, with the reason why a second container could not be."""
    evidence = [said(ran)]
    if ran.exit and re.search(r"container name", ran.output):
        names = ", ".join(container.name for container in first.containers if not container.name.startswith(first.name))
        fail("fixed_name", names=names or "-", command=shown(ran), evidence=evidence)
    if ran.exit and (found := re.search(r"Pool overlaps.*|(?<!bind: )Address already in use.*", ran.output)):
        fail("fixed_address", problem=found[0].strip(), command=shown(ran), evidence=evidence)
    if ran.exit and re.search(r"already allocated|already in use|all ports are allocated", ran.output):
        web = first.first("web")
        fail("fixed_port", published=_shown(web) if web else "-", command=shown(ran), evidence=evidence)
    succeed(dock, ran, UP_SECONDS)


def _question(password: str) -> str:
    """What the store is asked for all parcels, from inside its container."""
    return f"http://127.0.0.1:{LISTENS['store']}/?do=list&key={password}"


def _published(web: Container) -> int:
    """The port of the dock at which web's page is; 0 where there is none."""
    return next((int(number) for _, number, inside in web.published if inside == LISTENS["web"]), 0)


def _shown(container: Container) -> str:
    return ", ".join(f"{host}:{number}->{inside}" for host, number, inside in container.published) or "-"


def _trouble(flow: Flow) -> str:
    """What the page says where a parcel did not come back: its own line, or the answer."""
    mine = [line for line in flow.page.body.splitlines() if flow.text in line]
    return mine[0] if mine else flow.page.says()


def _data_of(dock: Dock, store: Container) -> str:
    """What is mounted where the store keeps its parcels."""
    found = mounts(dock, store).get(DATA)
    if found is None:
        return "-"
    kind = f"{found.kind}, tmpfs" if found.kind == "volume" and found.in_memory else found.kind or "tmpfs"
    return f"{kind} {found.name[:24] or found.source}".strip()

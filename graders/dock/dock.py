"""The dock: one throwaway Docker engine for one submission."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import secrets
import tarfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException
from docker.types import EndpointConfig
from testcontainers.core.container import DockerContainer

from graders.dock import authority, images, lending, watcher
from graders.dock.attendant import Attendant
from graders.dock.engine import ANSWER_SECONDS, BETWEEN_LOOKS, connect, engine, engine_host, one_line, outer, spoken
from graders.dock.frames import STDOUT, close, frames, raw_socket
from graders.dock.patience import patient
from graders.dock.seed import Seed, ensure_seed
from graders.dock.submission import Submission
from graders.dock.surroundings import Surroundings, surroundings
from graders.dock.troubles import Trouble

API_PORT = 2376
START_SECONDS = 30.0
NETWORK = "drydock"  # the docks' network on the outer engine; docks do not see each other on it
FROZEN_SECONDS = 5  # for a dock's engine to say at its end what is paused
ENGINE_PROBLEMS = (DockerException, requests.RequestException, OSError)
SUBNETS = ("10.213.0.0/20", "10.214.0.0/20", "172.31.240.0/20", "192.168.240.0/20")  # of that network: the first free
NETWORK_SECONDS = 2  # in which a network that another harness is making shows up
# What dockerd, containerd and the policy use themselves; the lab's cgroup gets the rest.
ENGINE_MEMORY = 300 << 20
ENGINE_PROCESSES = 400
REGISTRY_PORT = 5000
HOST_NAME = "dock"
FULL = 0.99  # used share of a file system from which it counts as full
LONGEST_OUTPUT = 64 << 20  # bytes taken from one command in the dock
LONGEST_ANSWER = 8 << 20  # bytes that one program of ours says
LONGEST_ESCAPE = 6  # bytes of a character in JSON

logging.getLogger("testcontainers").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Settings:
    """What a lab asks of its dock."""

    images: tuple[str, ...] = ()  # keys of the catalogue, there from the start
    memory: int = 1280 << 20  # bytes, for everything inside
    processes: int = 2000
    disk: int = 1024 << 20  # bytes of the engine's data root, in memory
    work: int = 128 << 20  # bytes of the student's folder, in memory
    ports: tuple[int, ...] = ()  # of the dock, to be reached from the harness
    egress: bool = False
    lend: tuple[str, ...] = ()  # what is lent to this lab: network, swarm, ... by the policy; more by lending.py
    packages: tuple[str, ...] = ()  # of Debian, in the dock's image
    nodes: int = 1  # docks like this one that see each other; the student's scripts run in the first
    managers: int = 1  # how many of them are, where the harness forms the Swarm
    joined: bool = True  # whether it does
    node_images: tuple[str, ...] = ()  # as `images`, in the docks after the first
    registry: bool = False  # one beside the docks, which they reach as registry:5000
    host_name: str = HOST_NAME  # by which its own address is known in it; each `#` is a digit, another one in each dock

    @property
    def seeds(self) -> tuple[tuple[str, ...], ...]:
        """The keys of which the seeds of its docks are made, the first dock's and then that of the others."""
        dock = (images.dock_key(self.packages),) if self.packages else ()
        first = (*dict.fromkeys((*dock, *self.images, *(("registry",) if self.registry else ()))),)
        return (first, (*dock, *self.node_images)) if self.nodes > 1 else (first,)

    @property
    def alone(self) -> bool:
        """Whether its dock has nothing beside it."""
        return self.nodes == 1 and not self.registry


@dataclass(frozen=True)
class Place:
    """Where a dock lies, and what it knows of what is beside it."""

    network: str  # of the outer engine
    certificates: authority.Certificates
    host: str = HOST_NAME  # its host name
    address: str = ""  # in that network; the engine chooses one where it is empty
    beside: Mapping[str, str] = field(default_factory=dict)  # names and addresses in that network
    registry: str = ""  # HOST:PORT of a registry without TLS
    home: bytes = b""  # a tar of what is put into the student's home


@dataclass(frozen=True)
class Ran:
    """How a command of the student's ended."""

    command: tuple[str, ...]
    exit: int  # negative: ended by that signal
    seconds: float
    ended_by: str  # "time" or "output" where a limit ended it, else empty
    output: str  # both streams, as they came; the middle is left out where it is long
    refusals: tuple[Refusal, ...] = ()  # what the policy refused meanwhile


@dataclass(frozen=True)
class Entered:
    """How a command ended that we ran in a container."""

    exit: int | None  # negative: ended by that signal; None: it said too much, or its time was up
    output: str  # both streams, as they came


@dataclass(frozen=True)
class Refusal:
    """A request of the student's that the policy refused."""

    rule: str
    asked: str


@dataclass(frozen=True)
class State:
    """What the student's part of the dock has used up."""

    killed_for_memory: int
    refused_processes: int
    disk: float  # used share of the data root, 0 to 1
    work: float  # used share of the student's folder, 0 to 1
    refusals: tuple[Refusal, ...]
    cgroup: int

    @property
    def reached(self) -> tuple[str, ...]:
        """The limits that were reached: memory, processes, disk, /work."""
        limits = {
            "memory": self.killed_for_memory > 0,
            "processes": self.refused_processes > 0,
            "disk": self.disk >= FULL,
            "/work": self.work >= FULL,
        }
        return tuple(name for name, reached in limits.items() if reached)


@dataclass
class Dock:
    """A running dock. Use `Dock.start` as a context manager."""

    settings: Settings
    container: DockerContainer
    engine: docker.DockerClient  # the dock's own engine, as the harness
    image_ids: dict[str, str]  # key of an image -> its id in the dock
    started: float  # seconds from the call to an answering engine
    place: Place
    _files: authority.ClientFiles
    _others: tuple[Dock, ...] = ()  # the nodes after the first
    _registry: DockerContainer | None = None
    _removal: threading.Thread | None = field(default=None)
    _attendant: Attendant | None = field(default=None, repr=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _commands: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def start(
        cls,
        settings: Settings = Settings(),
        submission: Submission | None = None,
        *,
        seed: Seed | None = None,
        reasons: Mapping[str, str] | None = None,
    ) -> Dock:
        """Start a dock, with all that its settings want beside it, and wait until its engine answers.

        Args:
            settings: what the lab asks.
            submission: goes to /work.
            seed: the image to start; made from the settings where it is missing.
            reasons: what the policy says to the student, for each of its rules.

        Raises:
            Trouble: `dock_not_started`, with the last lines of its log, or what `ensure_seed` raises.
        """
        watcher.watch()
        seed = seed or ensure_seed(settings.seeds[0])
        if settings.alone:
            place = Place(_network(), authority.make(engine_host()), _host(settings.host_name))
            return cls.launch(settings, place, seed, submission, reasons)
        from graders.dock.cluster import start_cluster  # a cluster is made of docks

        return start_cluster(settings, seed, submission, reasons)

    @classmethod
    def launch(
        cls,
        settings: Settings,
        place: Place,
        seed: Seed,
        submission: Submission | None = None,
        reasons: Mapping[str, str] | None = None,
    ) -> Dock:
        """Start one dock at a place; see `start`."""
        began = time.monotonic()
        host = engine_host()
        files = authority.ClientFiles(place.certificates)
        container = _container(seed.image, settings, place, host)
        try:
            _start(container)
            _send(container, _belongings(settings, place, submission, reasons or {}))
            attendant = _attendant(container)  # while the engine in it starts
            client = connect(f"https://{_address(container, host, API_PORT)}", files.tls)
            _wait(container, client, attendant)
        except BaseException as problem:
            log = _log(container)
            _remove(container)
            files.remove()
            if isinstance(problem, DockerException | requests.RequestException | TimeoutError | OSError):
                raise Trouble("dock_not_started", problem=one_line(problem), log=log) from None
            raise
        return cls(settings, container, client, seed.ids, time.monotonic() - began, place, files, _attendant=attendant)

    def joined_by(self, others: Sequence[Dock], registry: DockerContainer | None) -> None:
        """Have docks and a registry beside this one, which are removed with it, as is the network of their own."""
        self._others, self._registry = tuple(others), registry

    @property
    def nodes(self) -> tuple[Dock, ...]:
        """This dock, and those beside it, in the order of their names."""
        return (self, *self._others)

    @property
    def registry_address(self) -> str:
        """HOST:PORT at which the harness reaches the registry beside the docks.

        Raises:
            OSError: there is none.
        """
        if self._registry is None:
            raise OSError("no registry is beside this dock; its settings must ask for one (registry = true)")
        return _address(self._registry, engine_host(), REGISTRY_PORT)

    def stop(self) -> None:
        """Shut the engine of this node down, as when its machine is switched off."""
        self._power("stop")

    def kill(self) -> None:
        """End all that runs in this node at once, as when its machine loses power; what is on its disk stays."""
        self._power("kill")

    def start_again(self) -> None:
        """Start the engine of a node that was stopped or killed, and wait until it answers.

        Raises:
            Trouble: `dock_not_started`, with the last lines of its log.
        """
        self._power("start")
        try:
            _wait(self.container, self.engine, self._attendant)
        except (DockerException, requests.RequestException, TimeoutError, OSError) as problem:
            raise Trouble("dock_not_started", problem=one_line(problem), log=self.log()) from None

    def _power(self, do: str) -> None:
        if not self.place.beside:
            raise OSError("only a node can be stopped; the dock's settings must ask for several (nodes = 3)")
        self._ask("power.py", do, ANSWER_SECONDS)

    @property
    def on(self) -> bool:
        """Whether this node was not stopped or killed."""
        return not self.place.beside or bool(self._ask("power.py", "look", ANSWER_SECONDS)["on"])

    def hand_in(self, submission: Submission) -> None:
        """Put a submission into a dock that was started without one.

        Raises:
            Trouble: `dock_lost`.
        """
        try:
            engine().api.put_archive(self.id, "/", _tar({"incoming/work.tar": submission.archive}))
        except (DockerException, requests.RequestException, OSError) as problem:
            raise Trouble("dock_lost", problem=one_line(problem)) from None
        for _ in self.stream(["tar", "--numeric-owner", "-xpf", "/incoming/work.tar", "-C", "/work"]):
            pass

    def __enter__(self) -> Dock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def id(self) -> str:
        """The id of the dock's container on the outer engine."""
        return self.container.get_container_id()

    @property
    def own_address(self) -> str:
        """The dock's own address on the outer engine's network: for its containers, an address outside."""
        details = engine().api.inspect_container(self.id)
        return str(details["NetworkSettings"]["Networks"][self.place.network]["IPAddress"])

    @property
    def api_port(self) -> int:
        """The port, at its own address, at which the dock's engine listens."""
        return API_PORT

    def address(self, port: int) -> str:
        """HOST:PORT at which the harness reaches a port of the dock that its settings list."""
        return _address(self.container, engine_host(), port)

    def run(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        seconds: float = 60,
        stdin: str = "",
        most_output: int = 16 << 20,
    ) -> Ran:
        """Run a command of the student's in /work, as the student; one at a time, others wait for it.

        Args:
            command: the program and its arguments.
            environment: variables beside PATH, HOME, USER, LANG and TERM, and those of a proxy.
            seconds: the time limit, after which it and all it started is killed.
            stdin: at most 64 KiB of text.
            most_output: bytes of output after which it is ended.
        """
        told = surroundings().environment(self.place.beside) if self.settings.egress else {}
        wanted = {
            "command": command,
            "environment": {**told, **(environment or {})},
            "seconds": patient(seconds),
            "stdin": stdin,
            "most_output": most_output,
        }
        with self._commands:  # the end of one ends all that the student's user runs
            answer = self._ask("run.py", wanted, seconds + 20)
        return Ran(
            command,
            answer["exit"],
            answer["seconds"],
            answer["ended_by"],
            answer["output"],
            tuple(Refusal(**refusal) for refusal in answer["refusals"]),
        )

    def enter(
        self,
        container: Mapping[str, Any],
        *command: str,
        environment: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
        most: int = LONGEST_ANSWER,
    ) -> Entered | None:
        """Run a command of our own in a container of the dock as its root, which costs less than an exec does.

        Args:
            container: what the engine says of it (`GET /containers/ID/json`).
            command: a program of the container's and its arguments.
            environment: variables beside the container's own.
            seconds: the time limit, after which it is ended.
            most: bytes of output after which it is ended.

        Returns:
            None where the container does not run, or is paused.

        Raises:
            Trouble: `dock_lost`.
        """
        state = container["State"]
        if not state["Running"] or state["Paused"]:
            return None
        own = dict(entry.partition("=")[::2] for entry in container["Config"]["Env"] or ())
        wanted = {
            "container": container["Id"],
            "pid": state["Pid"],
            "command": command,
            "environment": {"HOME": "/root", **own, **(environment or {})},
            "seconds": patient(seconds),
            "most": most,
        }
        answer = self._ask("enter.py", wanted, seconds + 20, LONGEST_ESCAPE * most + 100)
        return answer and Entered(**answer)

    def probe(self, *probes: Mapping[str, object]) -> list[dict[str, Any]]:
        """Look at the network from inside containers, all probes side by side.

        Args:
            probes: as `recipes/dock/probe.py` lists them.

        Returns:
            an answer for each probe, in order.
        """
        return list(self._ask("probe.py", list(probes), ANSWER_SECONDS))

    def state(self) -> State:
        """What has been used up and refused so far."""
        answer = self._ask("state.py", None, ANSWER_SECONDS)
        answer["refusals"] = tuple(Refusal(**refusal) for refusal in answer["refusals"])
        return State(**answer)

    def _ask(self, program: str, question: object, seconds: float, most: int = LONGEST_ANSWER) -> Any:
        arguments = [] if question is None else [json.dumps(question)]
        text = self._attend({"program": program, "arguments": arguments}, seconds, most)
        try:
            return json.loads(text)
        except ValueError:
            raise Trouble("dock_lost", problem=f"{program}: {text[-300:]}") from None

    def _attend(self, job: Mapping[str, object], seconds: float, most: int) -> str:
        with self._asking:
            if self._attendant is None:
                self._attendant = Attendant(self.id, ANSWER_SECONDS)
        return self._attendant.ask(job, patient(seconds), most)

    def output(self, *command: str, seconds: float = ANSWER_SECONDS, most: int = LONGEST_ANSWER) -> str:
        """What a command prints that runs as the dock's root; only ever our own commands.

        Args:
            command: the program and its arguments.
            seconds: how long it may take.
            most: bytes that it may print.

        Raises:
            Trouble: `dock_lost`, when the dock does not answer any more, or the command fails or prints too much.
        """
        return self._attend({"command": command}, seconds, most)

    def program(self, source: str, *arguments: str, seconds: float = ANSWER_SECONDS, most: int = LONGEST_ANSWER) -> str:
        """What a program in Python prints that runs as the dock's root, without Python being started for it.

        Args:
            source: its text.
            arguments: its `sys.argv[1:]`.

        The other arguments and errors are those of `output`.
        """
        return self._attend({"source": source, "arguments": arguments}, seconds, most)

    def stream(
        self, command: Sequence[str], seconds: float = ANSWER_SECONDS, most: int = LONGEST_OUTPUT
    ) -> Iterator[bytes]:
        """What a command prints that runs as the dock's root, piece by piece as it comes; `output` costs less.

        Args:
            seconds: how long the engine may be silent.
            most: bytes of output that are taken.

        Raises:
            Trouble: `dock_lost`, when the dock does not answer any more or the command fails.
        """
        # A client of its own: an attached command takes over its connection, which a pool that others share would
        # hand to the next request while it is still in use.
        api = outer(seconds)
        try:
            job = api.exec_create(self.id, list(command), stderr=True)["Id"]
            errors, size = b"", 0
            for kind, data in frames(api.exec_start(job, socket=True), patient(seconds)):
                if kind != STDOUT:
                    errors += data
                    continue
                size += len(data)
                if size > most:
                    raise Trouble("dock_lost", problem=f"{command[0]} answered with more than {most} bytes")
                yield data
            code = api.exec_inspect(job)["ExitCode"]
        except (DockerException, requests.RequestException, OSError) as problem:
            raise Trouble("dock_lost", problem=one_line(problem)) from None
        finally:
            api.close()
        if code:
            raise Trouble(
                "dock_lost", problem=f"{command[0]} ended with {code}: {errors[-300:].decode(errors='replace')}"
            )

    def log(self, lines: int = 30) -> str:
        """The last lines of what the dock's engine said."""
        return _log(self.container, lines)

    def close(self, *, wait: bool = False) -> None:
        """Remove the dock. Unless asked to, this does not wait: should we end first, the watcher removes it."""
        if self._removal is None:
            self._removal = threading.Thread(target=self._remove_all, daemon=True)
            _removals.add(self._removal)
            self._removal.start()
            if self._attendant:
                self._attendant.close()
            self._files.remove()
        if wait:
            self._removal.join()

    def _remove_all(self) -> None:
        with contextlib.suppress(*ENGINE_PROBLEMS):
            if self._may_be_frozen():
                watcher.thaw(engine().api, self.id)
        with contextlib.suppress(Exception):  # a client that cannot be closed keeps nothing alive
            self.engine.close()
        for dock in self._others:
            dock.close()
        for container in filter(None, (self.container, self._registry)):
            _remove(container)
        for dock in self._others:
            dock.close(wait=True)
        if self._others or self._registry:
            remove_network(self.place.network)

    def _may_be_frozen(self) -> bool:
        """Whether something in the dock is paused, or its engine does not say."""
        self.engine.api.timeout = FROZEN_SECONDS
        try:
            return bool(self.engine.api.containers(filters={"status": "paused"}))
        except ENGINE_PROBLEMS:
            return True

    @property
    def closed(self) -> bool:
        """Whether it is, or is being, removed."""
        return self._removal is not None


def await_removals() -> None:
    """Wait until the docks that are being removed are gone."""
    for removal in list(_removals):
        removal.join()


_removals: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def _belongings(settings: Settings, place: Place, submission: Submission | None, reasons: Mapping[str, str]) -> bytes:
    """A tar of what a dock has beyond its image, below `/`."""
    told = surroundings() if settings.egress else Surroundings()
    policy = {"harness": authority.HARNESS, "lend": settings.lend, "reasons": dict(reasons)}
    files = {
        "etc/drydock/daemon.json": json.dumps(_daemon(place, told)).encode(),
        "etc/drydock/policy.json": json.dumps(policy).encode(),
        "etc/drydock/authority.pem": place.certificates.authority,
        "etc/drydock/server.pem": place.certificates.server_certificate,
        "etc/drydock/server.key": place.certificates.server_key,
        **told.files(),
    }
    if submission:
        files["incoming/work.tar"] = submission.archive
    if place.home:
        files["incoming/home.tar"] = place.home
    return lending.add(_tar(files), lending.lent(settings.lend))


def _container(image: str, settings: Settings, place: Place, host: str) -> DockerContainer:
    environment = {
        "EGRESS": "on" if settings.egress else "off",
        # What is written to a file system in memory counts too, for whoever writes it.
        "LAB_MEMORY": str(settings.memory + settings.disk + settings.work - ENGINE_MEMORY),
        "LAB_PIDS": str(settings.processes - ENGINE_PROCESSES),
        "BESIDE": " ".join(dict.fromkeys(place.beside.values())),
    }
    # testcontainers publishes on every address; on this machine only the loopback one is wanted.
    bind = ("127.0.0.1",) if host in ("localhost", "127.0.0.1") else ("0.0.0.0",)  # noqa: S104 - a remote engine's port is of use only if it can be reached; TLS guards it
    container = DockerContainer(image, docker_client_kw=spoken(), env=environment)
    container.ports = {f"{port}/tcp": bind for port in (API_PORT, *settings.ports)}  # type: ignore[misc]
    container.tmpfs = {
        "/data": f"size={settings.disk},mode=711,exec,dev,suid",
        "/work": f"size={settings.work},mode=755,uid=1000,gid=1000,exec,nosuid,nodev",
        "/tmp": "size=64m,mode=1777,exec,nosuid,nodev",  # noqa: S108 - a mount point in the dock
        "/home/student": "size=64m,mode=755,uid=1000,gid=1000,exec,nosuid,nodev",
        "/var/tmp": "size=16m,mode=1777,nosuid,nodev",  # noqa: S108 - likewise
    }
    endpoint = {place.network: EndpointConfig("1.41", ipv4_address=place.address)} if place.address else None
    return container.with_kwargs(
        stdin_open=True,
        cap_add=["ALL"],
        cap_drop=["SYS_RESOURCE"],  # not needed, and not ours to give where we are in a container ourselves
        security_opt=["seccomp=unconfined", "apparmor=unconfined"],
        cgroupns="private",
        mem_limit=settings.memory + settings.disk + settings.work,
        memswap_limit=settings.memory + settings.disk + settings.work,
        pids_limit=settings.processes,
        hostname=place.host,
        dns=None if settings.egress else ["127.0.0.1"],
        extra_hosts=dict(place.beside),
        network=place.network,
        networking_config=endpoint,
        labels=watcher.labels(),
        log_config={"type": "json-file", "config": {"max-size": "1m"}},
    )


def _start(container: DockerContainer) -> None:
    try:
        container.start()
    except APIError as problem:
        # An engine that does not have a capability itself may refuse to take it away.
        if "CapDrop" not in str(problem.explanation):
            raise
        container.with_kwargs(**{**container._kwargs, "cap_drop": None})
        container.start()


def _send(container: DockerContainer, archive: bytes) -> None:
    """Give the dock what it waits for. On its standard input: to put files into a container costs the engine 70 ms."""
    api = outer(ANSWER_SECONDS)
    try:
        connection = api.attach_socket(container.get_container_id(), {"stdin": 1, "stream": 1})
        try:
            raw = raw_socket(connection)
            raw.settimeout(patient(ANSWER_SECONDS))
            raw.sendall(archive)
        finally:
            close(connection)
    finally:
        api.close()


def _attendant(container: DockerContainer) -> Attendant | None:
    """The dock's attendant; one that failed is tried again when it is needed, and then says why."""
    try:
        return Attendant(container.get_container_id(), ANSWER_SECONDS)
    except Trouble:
        return None


def _tar(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o600, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _daemon(place: Place, told: Surroundings) -> dict[str, object]:
    """The dock's engine's settings (dockerd's daemon.json)."""
    return {
        **told.engine(place.beside),
        "insecure-registries": [place.registry] if place.registry else [],
        "hosts": ["unix:///var/run/docker.sock", f"tcp://0.0.0.0:{API_PORT}"],
        "tls": True,
        "tlsverify": True,
        "tlscacert": "etc/drydock/authority.pem",
        "tlscert": "etc/drydock/server.pem",
        "tlskey": "etc/drydock/server.key",
        "containerd": "/run/containerd/containerd.sock",
        "data-root": "/data",
        "userns-remap": "default",
        "cgroup-parent": "/lab",
        "authorization-plugins": ["labpolicy"],
        "builder": {"entitlements": {"network-host": False, "security-insecure": False}},
        "shutdown-timeout": 1,
        "log-opts": {"max-size": "10m", "max-file": "1"},
    }


def _host(pattern: str) -> str:
    """A host name from a pattern."""
    return "".join(str(secrets.randbelow(9) + 1) if letter == "#" else letter for letter in pattern)


def _network() -> str:
    """Have the network that docks live on. Its own, so that a dock's networks get the addresses usual at home, and
    without traffic between its containers, so that docks do not reach each other."""
    for subnet in SUBNETS:
        if _network_is_there(0):
            break
        try:
            engine().api.create_network(
                NETWORK,
                driver="bridge",
                check_duplicate=True,
                ipam=docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=subnet)]),
                options={"com.docker.network.bridge.enable_icc": "false"},
            )
            break
        except APIError as problem:
            # 409: another harness made it meanwhile. 403: so it does just now, or somebody else has this subnet.
            if problem.status_code not in (403, 409):
                raise
            if not _network_is_there(NETWORK_SECONDS) and subnet == SUBNETS[-1]:
                raise
    return NETWORK


def _network_is_there(seconds: float) -> bool:
    """Whether the docks' network is there, at once or within this time."""
    deadline = time.monotonic() + seconds
    while not any(network["Name"] == NETWORK for network in engine().api.networks(names=[NETWORK])):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # between two tries of the condition
    return True


def _address(container: DockerContainer, host: str, port: int) -> str:
    details = engine().api.inspect_container(container.get_container_id())
    published = (details["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp")
    if not published:
        raise OSError(f"port {port} of the dock is not published; state: {details['State']['Status']}")
    return f"{host if host != 'localhost' else '127.0.0.1'}:{published[0]['HostPort']}"


def _wait(container: DockerContainer, client: docker.DockerClient, attendant: Attendant | None) -> None:
    """Wait until the dock's engine answers; give up as soon as the dock has ended."""
    seconds = patient(START_SECONDS)
    deadline = time.monotonic() + seconds
    look = time.monotonic()
    with contextlib.suppress(Trouble):  # of a dock that has ended, what follows tells
        if attendant:
            attendant.ask({"program": "ready.py", "arguments": [json.dumps(seconds)]}, seconds, LONGEST_ANSWER)
    while True:
        try:
            client.ping()
            return
        except (DockerException, requests.RequestException) as problem:
            if time.monotonic() >= look:  # seldom: it costs the outer engine as much as the question itself
                look = time.monotonic() + BETWEEN_LOOKS
                state = engine().api.inspect_container(container.get_container_id())["State"]
                if not state["Running"]:
                    raise TimeoutError(f"the dock ended with code {state['ExitCode']}") from None
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer within {seconds:.0f} s: {one_line(problem)}") from None
        time.sleep(0.02)  # between two tries of the condition


def _log(container: DockerContainer, lines: int = 15) -> str:
    try:
        return str(engine().api.logs(container.get_container_id(), tail=lines).decode(errors="replace"))
    except Exception as problem:  # noqa: BLE001 - a log that cannot be read must not hide why it was wanted
        return f"(no log: {one_line(problem)})"


def remove_network(name: str) -> None:
    """Remove a network of the outer engine with our labels, once nothing is on it."""
    with contextlib.suppress(DockerException, requests.RequestException):  # likewise
        engine().api.remove_network(name)
        watcher.removed()


def _remove(container: DockerContainer) -> None:
    # Whatever fails here, the watcher tries again when this process ends.
    with contextlib.suppress(Exception):
        made = container._container is not None  # where the answer to its making was lost, it may still come
        container.stop()
        if made:
            watcher.removed()

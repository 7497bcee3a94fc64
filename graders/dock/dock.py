"""The dock: one throwaway Docker engine for one submission."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import docker
import requests
from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from graders.dock import authority, watcher
from graders.dock.answers import Entered, Ran, Refusal, State
from graders.dock.attendant import Attendant
from graders.dock.belongings import API_PORT, belongings, pack_files, send, work
from graders.dock.container import container_log, dock_container, published_address, remove_container, start_container
from graders.dock.engine import ANSWER_SECONDS, BETWEEN_LOOKS, connect, engine, engine_host, one_line, outer
from graders.dock.frames import STDOUT, frames
from graders.dock.networks import docks_network, remove_network
from graders.dock.patience import patient
from graders.dock.seed import Seed, ensure_seed
from graders.dock.settings import PLAIN, Place, Settings, host_name
from graders.dock.submission import Submission
from graders.dock.surroundings import surroundings
from graders.dock.troubles import Trouble

START_SECONDS = 30.0
FROZEN_SECONDS = 5  # for a dock's engine to say at its end what is paused
ENGINE_PROBLEMS = (DockerException, requests.RequestException, OSError)
REGISTRY_PORT = 5000
LONGEST_OUTPUT = 64 << 20  # bytes taken from one command in the dock
LONGEST_ANSWER = 8 << 20  # bytes that one program of ours says
LONGEST_ESCAPE = 6  # bytes of a character in JSON

logging.getLogger("testcontainers").setLevel(logging.WARNING)


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
        settings: Settings = PLAIN,
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
            place = Place(docks_network(), authority.make(engine_host()), host_name(settings.host_name))
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
        container = dock_container(seed.image, settings, place, host)
        try:
            start_container(container)
            send(container, belongings(settings, place, seed.ids, submission, reasons or {}))
            attendant = _attendant(container)  # while the engine in it starts
            client = connect(f"https://{published_address(container, host, API_PORT)}", files.tls)
            _wait(container, client, attendant)
        except BaseException as problem:
            log = container_log(container)
            remove_container(container)
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
        return published_address(self._registry, engine_host(), REGISTRY_PORT)

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
            engine().api.put_archive(self.id, "/", pack_files({"incoming/work.tar": work(self.settings, submission)}))
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
        return published_address(self.container, engine_host(), port)

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
        return container_log(self.container, lines)

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
            remove_container(container)
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


def _attendant(container: DockerContainer) -> Attendant | None:
    """The dock's attendant; one that failed is tried again when it is needed, and then says why."""
    try:
        return Attendant(container.get_container_id(), ANSWER_SECONDS)
    except Trouble:
        return None


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

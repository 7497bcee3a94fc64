"""The engine that docks run in: the user's own, found as the docker command finds it."""

from __future__ import annotations

import functools
import re
import time

import docker
import requests
from docker.errors import DockerException
from docker.tls import TLSConfig
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient as Testcontainers
from testcontainers.core.docker_client import get_docker_host

from graders.dock.patience import patient
from graders.dock.troubles import Trouble

SOCKET = "http+docker://"  # how the SDK's addresses of a Unix socket begin
OLDEST_ENGINE = (20, 10)
ANSWER_SECONDS = 60  # for one request; a dock's start and a build's steps are waited for by other means
BETWEEN_LOOKS = 0.25  # seconds, for an engine that does not answer

# Ryuk's image is not everywhere; the watcher does its work (see watcher.py).
testcontainers_config.ryuk_disabled = True


@functools.cache
def engine() -> docker.DockerClient:
    """Connect to the engine, once for each process.

    Returns:
        a client of the Docker SDK.

    Raises:
        Trouble: `no_engine`, `engine_too_old` or `not_docker`.
    """
    where = address()
    try:
        client = Testcontainers(timeout=int(patient(ANSWER_SECONDS))).client
        version = client.version()
    except (DockerException, requests.RequestException, OSError, ValueError) as problem:
        raise Trouble("no_engine", where=where or "/var/run/docker.sock", problem=one_line(problem)) from None
    check_version(version)
    _spare_proxies(client.api)
    return client


@functools.cache
def engine_version() -> str:
    """The engine's version, such as `27.3.1`; asked once for each process: it takes the engine 20 ms to tell."""
    return str(engine().version()["Version"])


def address() -> str:
    """Where the engine is: by DOCKER_HOST, else by the current context; empty for this machine's default."""
    return str(get_docker_host() or "")


def check_version(version: dict[str, object]) -> None:
    """Refuse what is not a Docker engine of OLDEST_ENGINE or newer.

    Args:
        version: the answer of the Engine API's `GET /version`.
    """
    components = version.get("Components")
    names = [str(component.get("Name", "")) for component in components] if isinstance(components, list) else []
    if any("podman" in name.lower() for name in names):
        raise Trouble("not_docker", seen=names[0])
    text = str(version.get("Version", ""))
    numbers = re.match(r"(\d+)\.(\d+)", text)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST_ENGINE:
        raise Trouble("engine_too_old", seen=text, oldest=".".join(f"{part:02}" for part in OLDEST_ENGINE))


def wait_for_engine(seconds: float) -> bool:
    """Wait until the engine answers: it may be starting again.

    Args:
        seconds: how long at most.

    Returns:
        whether it answers.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return bool(engine().api.ping())
        except (Trouble, DockerException, requests.RequestException, OSError) as problem:
            if time.monotonic() >= deadline or (isinstance(problem, Trouble) and problem.code != "no_engine"):
                return False
        time.sleep(BETWEEN_LOOKS)


@functools.cache
def engine_host() -> str:
    """The name or address at which ports that the engine publishes answer."""
    client = Testcontainers()
    try:
        return client.host()
    finally:
        client.client.close()


def connect(address: str, tls: TLSConfig, timeout: float = ANSWER_SECONDS) -> docker.DockerClient:
    """A client for a dock's own engine.

    Args:
        address: `https://HOST:PORT`.
        tls: the harness's certificate and the dock's authority.
        timeout: seconds for one request.
    """
    client = docker.DockerClient(base_url=address, tls=tls, timeout=int(patient(timeout)), version="1.45")
    # Or REQUESTS_CA_BUNDLE replaces the dock's authority, and a proxy is asked for an address on this machine.
    client.api.trust_env = False
    return client


def one_line(problem: BaseException, longest: int = 300) -> str:
    """The text of an exception on one line, its class where it has no text."""
    return " ".join(str(problem).split())[:longest] or type(problem).__name__


def outer(seconds: float) -> docker.APIClient:
    """A new client of the outer engine, to be closed, whose requests may take this long; seconds are rounded up."""
    api = Testcontainers(timeout=int(patient(seconds)) + 1, **spoken()).client.api
    _spare_proxies(api)
    return api


def _spare_proxies(api: docker.APIClient) -> None:
    """Look for no proxy before each request where a socket needs none; it is a fifth of what a request takes here."""
    if api.base_url.startswith(SOCKET):
        api.trust_env = False


@functools.cache
def spoken() -> dict[str, str]:
    """What a further client need not ask the engine: the version of the API (40 ms of its time, each time)."""
    return {"version": str(engine().api.api_version)}

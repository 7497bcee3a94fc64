"""Docks that see each other: a network of their own, a registry beside them, and the Swarm that they make."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ipaddress
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import requests
from docker.errors import APIError, DockerException
from docker.types import EndpointConfig, IPAMConfig, IPAMPool
from testcontainers.core.container import DockerContainer

from graders.dock import authority, images, watcher
from graders.dock.belongings import API_PORT
from graders.dock.contexts import contexts
from graders.dock.dock import REGISTRY_PORT, Dock
from graders.dock.engine import engine, engine_host, one_line, spoken
from graders.dock.networks import remove_network
from graders.dock.patience import patient
from graders.dock.seed import Seed, ensure_seed
from graders.dock.settings import Place, Settings
from graders.dock.submission import Submission
from graders.dock.troubles import Trouble

# Where their networks are: apart from those of the docks, of Docker's defaults and of the first overlays in a Swarm.
RANGES = ("10.215.0.0/16", "10.216.0.0/16", "172.30.0.0/16", "192.168.192.0/19")
SMALLEST = 28  # bits of a network that holds a gateway, the nodes and a registry
TRIES = 20  # of a network that nobody has
SWARM_PORT = 2377
JOIN_SECONDS = 30.0
HEARTBEAT = 10**9  # nanoseconds between two of a node; with the default of 5 s a dead one is noticed after 15 s
REGISTRY_MEMORY = 768 << 20  # bytes, what it keeps included
REGISTRY_DISK = 512 << 20  # bytes, in memory


@dataclass(frozen=True)
class Addresses:
    """A network of the outer engine, and who is where on it."""

    network: str
    nodes: dict[str, str]  # name -> address, in order
    registry: str  # its address


def start_cluster(
    settings: Settings,
    seed: Seed,
    submission: Submission | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Dock:
    """Start docks side by side, and what belongs to them.

    Args:
        settings: each dock's, and what is beside them.
        seed: of the first dock.
        submission: goes to the first dock's /work.
        reasons: see `Dock.start`.

    Returns:
        the first dock, which removes the others with itself.

    Raises:
        Trouble: `dock_not_started`, or what `ensure_seed` raises.
    """
    seeds = [seed, *[ensure_seed(keys) for keys in settings.seeds[1:]] * (settings.nodes - 1)]
    began = time.monotonic()
    addresses = _network(settings.nodes)
    places = _places(addresses, settings)
    one = _settings(settings)
    with concurrent.futures.ThreadPoolExecutor(settings.nodes + 1) as pool:
        docks = [
            pool.submit(Dock.launch, one, place, seed, None if number else submission, reasons)
            for number, (place, seed) in enumerate(zip(places, seeds, strict=True))
        ]
        registry = pool.submit(_registry, addresses) if settings.registry else None
    try:
        first, *others = [dock.result() for dock in docks]
        first.joined_by(others, registry.result() if registry else None)
        if settings.joined and settings.nodes > 1:
            form_swarm(first.nodes, settings.managers)
    except BaseException as problem:
        _discard(docks, registry, addresses.network)
        if isinstance(problem, DockerException | requests.RequestException | TimeoutError | OSError):
            raise Trouble("dock_not_started", problem=one_line(problem), log="") from None
        raise
    first.settings, first.started = settings, time.monotonic() - began
    return first


def form_swarm(nodes: tuple[Dock, ...], managers: int) -> None:
    """Make a Swarm: the first node leads it, the next ones are managers, the rest workers.

    Raises:
        TimeoutError: a node did not get ready.
    """
    first, *others = nodes
    first.engine.swarm.init(advertise_addr=first.place.address, dispatcher_heartbeat_period=HEARTBEAT)
    tokens = first.engine.api.inspect_swarm()["JoinTokens"]

    def join(node: Dock, role: str) -> None:
        node.engine.swarm.join([f"{first.place.address}:{SWARM_PORT}"], tokens[role], advertise_addr=node.place.address)

    for node in others[: managers - 1]:  # one by one, or a manager may find the others still counting votes
        join(node, "Manager")
    with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(lambda node: join(node, "Worker"), others[managers - 1 :]))
    _await_ready(first, len(nodes))


def _await_ready(first: Dock, count: int) -> None:
    deadline = time.monotonic() + patient(JOIN_SECONDS)
    while True:
        states = [node["Status"]["State"] for node in first.engine.api.nodes()]
        if states.count("ready") == count:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} ready nodes within {JOIN_SECONDS:.0f} s; seen: {', '.join(states)}")
        time.sleep(0.02)  # between two tries of the condition


def _settings(settings: Settings) -> Settings:
    """What each dock of the cluster is started with."""
    lend = (*settings.lend, "swarm") if settings.nodes > 1 else settings.lend
    return replace(settings, nodes=1, registry=False, lend=tuple(dict.fromkeys(lend)))


def _places(addresses: Addresses, settings: Settings) -> list[Place]:
    registry = {"registry": addresses.registry} if settings.registry else {}
    beside = {**addresses.nodes, **registry}
    certificates = authority.make(engine_host(), [*addresses.nodes, *addresses.nodes.values()])
    here = Place(
        addresses.network, certificates, beside=beside, registry=f"registry:{REGISTRY_PORT}" if registry else ""
    )
    places = [replace(here, host=name, address=address) for name, address in addresses.nodes.items()]
    home = contexts({name: f"tcp://{name}:{API_PORT}" for name in addresses.nodes}, certificates)
    return [replace(places[0], home=home), *places[1:]]


def _network(nodes: int) -> Addresses:
    """Make a network of this cluster's own; nothing else sees it."""
    for subnet in _subnets():
        name = f"drydock-{watcher.run_id()}-{subnet.network_address}"
        try:
            engine().api.create_network(
                name,
                driver="bridge",
                check_duplicate=True,
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet))]),
                labels=watcher.labels(),
            )
        except APIError as problem:
            if problem.status_code not in (403, 409):  # somebody has this subnet, or is taking it just now
                raise
            watcher.removed()
            refused = problem
            continue
        free = [str(address) for address in subnet.hosts()][1:]  # the first is the gateway's
        return Addresses(name, {f"node-{number + 1}": free[number] for number in range(nodes)}, free[-1])
    raise Trouble("dock_not_started", problem=one_line(refused), log="")


def _subnets() -> Iterator[ipaddress.IPv4Network]:
    """Small networks to try, at random, from one range after the other."""
    for number in range(TRIES):
        whole = ipaddress.IPv4Network(RANGES[number * len(RANGES) // TRIES])
        step = random.randrange(2 ** (SMALLEST - whole.prefixlen))  # noqa: S311 - no secret
        yield ipaddress.IPv4Network((int(whole.network_address) + step * 2 ** (32 - SMALLEST), SMALLEST))


def _registry(addresses: Addresses) -> DockerContainer:
    """Start the registry, beside the docks: a submission that removes all its containers does not remove it."""
    container = DockerContainer(images.ensure(["registry"])["registry"], docker_client_kw=spoken())
    host = engine_host()
    bind = "127.0.0.1" if host in ("localhost", "127.0.0.1") else "0.0.0.0"  # noqa: S104 - see the docks' own ports
    container.ports = {f"{REGISTRY_PORT}/tcp": (bind,)}  # type: ignore[dict-item]
    container.tmpfs = {"/var/lib/registry": f"size={REGISTRY_DISK},mode=755"}
    container.with_kwargs(
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit=REGISTRY_MEMORY,
        memswap_limit=REGISTRY_MEMORY,
        pids_limit=200,
        hostname="registry",
        network=addresses.network,
        networking_config={addresses.network: EndpointConfig("1.41", ipv4_address=addresses.registry)},
        labels=watcher.labels(),
        log_config={"type": "json-file", "config": {"max-size": "1m"}},
    )
    container.start()
    return container


def _discard(
    docks: list[concurrent.futures.Future[Dock]],
    registry: concurrent.futures.Future[DockerContainer] | None,
    network: str,
) -> None:
    """Remove what came up of a cluster that did not come up whole."""
    for future in docks:
        if not future.exception():
            future.result().close()
    for future in docks:
        if not future.exception():
            future.result().close(wait=True)
    if registry and not registry.exception():
        with contextlib.suppress(Exception):  # the watcher removes it
            registry.result().stop()
    remove_network(network)

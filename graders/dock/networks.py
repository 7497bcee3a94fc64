"""The networks of the outer engine that docks are on."""

from __future__ import annotations

import contextlib
import time

import docker
import requests
from docker.errors import APIError, DockerException

from graders.dock import watcher
from graders.dock.engine import engine

NETWORK = "drydock"  # the docks' network; docks do not see each other on it
SUBNETS = ("10.213.0.0/20", "10.214.0.0/20", "172.31.240.0/20", "192.168.240.0/20")  # of that network: the first free
NETWORK_SECONDS = 2  # in which a network that another harness is making shows up


def docks_network() -> str:
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


def remove_network(name: str) -> None:
    """Remove a network of the outer engine with our labels, once nothing is on it."""
    with contextlib.suppress(DockerException, requests.RequestException):  # the watcher tries again
        engine().api.remove_network(name)
        watcher.removed()

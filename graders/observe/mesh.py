"""The routing mesh of a Swarm: who answers at a published port of every node, and whether anybody could."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from graders.dock import Dock
from graders.observe.guests import GUEST_LABELS, image_of_ours, page_server
from graders.observe.network import Answer, ask, http
from graders.observe.waiting import until

PORT = 8080  # of the control, in its container
CONTROL_SECONDS = 30


def at_each_node(dock: Dock, port: int) -> dict[str, Answer]:
    """What a page comes to at a port of each node, by the node's name.

    Asked at the node's own address: the mesh takes requests there, and not at its localhost.
    """
    answers = ask(dock, *(http(None, f"http://{node.place.address}:{port}/") for node in dock.nodes))
    return {node.place.host: answer for node, answer in zip(dock.nodes, answers, strict=True)}


def at_last(dock: Dock, port: int, good: Callable[[Answer], bool], seconds: float) -> dict[str, Answer]:
    """As `at_each_node`, as soon as all answers are good, or when the time is up: a mesh takes a while to form."""
    return until(lambda: at_each_node(dock, port), lambda seen: all_good(seen, good), seconds)


def all_good(answers: Mapping[str, Answer], good: Callable[[Answer], bool]) -> bool:
    """Whether each node gave a good answer."""
    return all(good(answer) for answer in answers.values())


def carries(dock: Dock) -> bool:
    """Whether the mesh of this machine carries requests: a service of our own, on the first node, answers at every one.

    An engine makes the mesh from more than IPVS, so that only a request shows it.
    """
    text = f"mesh-{secrets.token_hex(8)}"

    def good(answer: Answer) -> bool:
        return answer.status == 200 and text in answer.body

    with control(dock, text) as port:
        return all_good(at_last(dock, port, good, CONTROL_SECONDS), good)


@contextmanager
def control(dock: Dock, text: str) -> Iterator[int]:
    """A service of our own with one task that answers with a text, at a port of the mesh that the Swarm chooses."""
    api = dock.engine.api
    container = {"Image": image_of_ours(dock), "Command": page_server(text, PORT), "Labels": GUEST_LABELS}
    # Our image is on the first node only, and in no registry.
    placement = {"Constraints": [f"node.hostname == {dock.place.host}"]}
    made = api.create_service(
        {"ContainerSpec": container, "Placement": placement},
        name=f"guest-{secrets.token_hex(4)}",
        endpoint_spec={"Ports": [{"Protocol": "tcp", "TargetPort": PORT, "PublishMode": "ingress"}]},
    )
    try:
        yield until(lambda: _published(dock, made["ID"]), bool, CONTROL_SECONDS)
    finally:
        api.remove_service(made["ID"])


def _published(dock: Dock, service: str) -> int:
    """The port that the Swarm gave a service; 0 before it did."""
    ports = dock.engine.api.inspect_service(service)["Endpoint"].get("Ports") or [{}]
    return int(ports[0].get("PublishedPort", 0))

"""Requests that go on while a service of a Swarm is updated, and what its registry has."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from graders.dock import Dock
from graders.observe.network import Answer
from graders.verdicts import Evidence

LONGEST_PAGE = 65536  # bytes
BETWEEN_SECONDS = 0.1  # two requests: often enough to meet each gap of a second


def in_registry(dock: Dock, image: str) -> bool:
    """Whether the registry beside the docks has an image, by its digest where the name has one, else by its tag."""
    host, _, rest = image.partition("/")
    if host != dock.place.registry:
        return False
    name, _, digest = rest.partition("@")
    name, _, tag = name.partition(":")
    url = f"http://{dock.registry_address}/v2/{name}/manifests/{digest or tag or 'latest'}"
    kinds = (
        "application/vnd.docker.distribution.manifest.v2+json, "
        "application/vnd.docker.distribution.manifest.list.v2+json, "
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    )
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": kinds})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - HTTP, to our own registry
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


def page(address: str, seconds: float = 10) -> Answer:
    """What a page at HOST:PORT, asked from outside, comes to."""
    host, _, port = address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=seconds)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read(LONGEST_PAGE).decode(errors="replace"))
    except TimeoutError:
        return Answer(error="timeout", detail=f"no answer within {seconds:.0f} s")
    except (OSError, http.client.HTTPException) as problem:
        return Answer(error="refused", detail=str(problem) or type(problem).__name__)
    finally:
        connection.close()


@dataclass
class Requests:
    """Requests, one after the other, from beginning to end of a `with`; each is counted.

    Args:
        addresses: HOST:PORT, asked in turn.
        good: whether an answer is what one asked for.
    """

    addresses: Sequence[str]
    good: Callable[[Answer], bool]
    answered: int = 0
    lost: list[tuple[float, Answer]] = field(default_factory=list)  # seconds from the first request, and what came
    bodies: set[str] = field(default_factory=set)  # of good answers
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Requests:
        self._thread = threading.Thread(target=self._ask, name="requests", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()

    @property
    def asked(self) -> int:
        """How many have an answer, good or not."""
        return self.answered + len(self.lost)

    def counted(self) -> Evidence:
        """How many were lost, and what the first of them came to."""
        lines = [f"{self.asked} requests: {self.answered} answered, {len(self.lost)} lost"]
        lines += [f"{seconds:6.1f} s  {answer.says()}" for seconds, answer in self.lost[:8]]
        return Evidence("requests while the service was updated", "\n".join(lines))

    def _ask(self) -> None:
        began = time.monotonic()
        while not self._end.is_set():
            sent = time.monotonic()
            answer = page(self.addresses[self.asked % len(self.addresses)])
            if self.good(answer):
                self.bodies.add(answer.body)
                self.answered += 1
            else:
                self.lost.append((sent - began, answer))
            self._end.wait(BETWEEN_SECONDS)

"""A private registry with a login in the dock, and what it holds."""

from __future__ import annotations

import base64
import io
import tarfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graders.dock import Dock, Trouble
from graders.observe.containers import find_container
from graders.observe.inside import answer_of, text_of
from graders.verdicts import Evidence

PASSWORDS = "/etc/docker/htpasswd"
INSIDE = 5000


@dataclass(frozen=True)
class Manifest:
    """What a tag stands for."""

    digest: str
    image_id: str  # digest of the image's configuration; empty for an index


@dataclass(frozen=True)
class Registry:
    """A registry that runs in the dock."""

    container: str  # id
    address: str  # HOST:PORT, for whoever is in the dock
    user: str
    password: str

    @property
    def login(self) -> str:
        """User and password as HTTP and the Docker client's settings write them."""
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def runs(self, dock: Dock) -> bool:
        """Whether it is still there."""
        found = find_container(dock, self.container)
        return bool(found and found.running)

    def contents(self, dock: Dock) -> dict[str, dict[str, Manifest]]:
        """Every repository with its tags."""
        answer = self._ask(dock, "contents")
        return {
            name: {tag: Manifest(*known) for tag, known in tags.items()}
            for name, tags in answer["repositories"].items()
        }

    def tag(self, dock: Dock, repository: str, digest: str, tag: str) -> None:
        """Give a manifest one more tag."""
        status = self._ask(dock, "tag", repository=repository, digest=digest, tag=tag)["status"]
        if status != 201:
            raise OSError(f"the registry did not take the tag {tag}: HTTP {status}")

    def _ask(self, dock: Dock, do: str, **more: str) -> Any:
        login = {"address": self.address, "user": self.user, "password": self.password}
        answer = answer_of(dock, "registry.py", {"do": do, **login, **more})
        if "error" in answer:
            raise OSError(f"the registry does not answer: {answer['error']}")
        return answer


def start_registry(dock: Dock, port: int, user: str, password: str) -> Registry:
    """Start a registry that only this user can use, and make sure that it refuses everyone else.

    Raises:
        Trouble: it did not come up so.
    """
    api = dock.engine.api
    settings = {
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": "registry",
        "REGISTRY_AUTH_HTPASSWD_PATH": PASSWORDS,
        "REGISTRY_STORAGE_DELETE_ENABLED": "true",
        "OTEL_TRACES_EXPORTER": "none",
    }
    made = api.create_container(
        dock.image_ids["registry"],
        name=f"registry-{uuid.uuid4().hex[:8]}",
        environment=settings,
        ports=[INSIDE],
        host_config=api.create_host_config(port_bindings={INSIDE: ("127.0.0.1", port)}),
    )
    line = text_of(dock, "hash.py", user, password).encode()
    api.put_archive(made["Id"], "/etc/docker", _file("htpasswd", line))
    api.start(made["Id"])
    registry = Registry(made["Id"], f"127.0.0.1:{port}", user, password)
    try:
        codes = registry._ask(dock, "wait")
        problem = "" if codes == {"anonymous": 401, "login": 200} else f"the lab's registry answers with {codes}"
    except OSError as error:
        problem = str(error)
    if problem:
        log = api.logs(made["Id"], tail=15).decode(errors="replace")
        raise Trouble("dock_not_started", problem=problem, log=log)
    return registry


def listing(contents: Mapping[str, Mapping[str, Manifest]]) -> Evidence:
    """What a registry holds, as evidence."""
    lines = [f"{name}:{tag}  {known.digest}" for name, tags in contents.items() for tag, known in tags.items()]
    return Evidence("GET /v2/_catalog, /v2/NAME/tags/list", "\n".join(sorted(lines)) or "(nothing)")


def _file(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.mode, entry.size = 0o644, len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()

"""What a dock has beyond its image: settings, certificates, the submission."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping

from testcontainers.core.container import DockerContainer

from graders.dock import authority, lending
from graders.dock.engine import ANSWER_SECONDS, outer
from graders.dock.frames import close, raw_socket
from graders.dock.images import image
from graders.dock.patience import patient
from graders.dock.settings import Place, Settings
from graders.dock.submission import Submission
from graders.dock.surroundings import Surroundings, surroundings

API_PORT = 2376  # of the dock's engine
MIRROR_HOST, MIRROR_PORT = "127.213.0.1", 2371  # in the dock: no port that a submission would publish


def belongings(
    settings: Settings,
    place: Place,
    ids: Mapping[str, str],
    submission: Submission | None,
    reasons: Mapping[str, str],
) -> bytes:
    """A tar of what a dock has beyond its image, below `/`.

    Args:
        ids: of the images in it, by their keys; for those of Docker Hub a mirror in the dock stands in for it.

    The other arguments are those of `Dock.start`.
    """
    told = surroundings() if settings.egress else Surroundings()
    official = {f"library/{one.name}": image_id for key, image_id in ids.items() if (one := image(key)).official}
    policy = {
        "harness": authority.HARNESS,
        "lend": settings.lend,
        "reasons": dict(reasons),
        "mirror": {"host": MIRROR_HOST, "port": MIRROR_PORT, "images": official},
    }
    files = {
        "etc/drydock/daemon.json": json.dumps(_daemon(place, told)).encode(),
        "etc/drydock/policy.json": json.dumps(policy).encode(),
        "etc/drydock/authority.pem": place.certificates.authority,
        "etc/drydock/server.pem": place.certificates.server_certificate,
        "etc/drydock/server.key": place.certificates.server_key,
        **told.files(),
    }
    if submission:
        files["incoming/work.tar"] = work(settings, submission)
    if place.home:
        files["incoming/home.tar"] = place.home
    return lending.add(pack_files(files), lending.lent(settings.lend))


def work(settings: Settings, submission: Submission) -> bytes:
    """A tar of a submission as it is in a dock of these settings."""
    return submission.archive if settings.egress else submission.offline()


def send(container: DockerContainer, archive: bytes) -> None:
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


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """A tar of files, by their paths without the leading `/`; only their owner may read them."""
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
        "registry-mirrors": [f"http://{MIRROR_HOST}:{MIRROR_PORT}"],
        "builder": {"entitlements": {"network-host": False, "security-insecure": False}},
        "shutdown-timeout": 1,
        "log-opts": {"max-size": "10m", "max-file": "1"},
    }

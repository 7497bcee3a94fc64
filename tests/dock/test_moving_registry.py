"""The lab's own registry: what a tag means depends on who asks and when, and every client can talk to it."""

import socket

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from graders.dock import Dock, Settings
from graders.observe import moving_registry

pytestmark = pytest.mark.docker

SECONDS = 30  # after which the registry is taken for dead


@pytest.fixture(scope="module")
def dock():
    with Dock.start(Settings(images=("busybox",), ports=(moving_registry.PORT,))) as dock:
        yield dock


@pytest.fixture(scope="module")
def registry(dock):
    return moving_registry.start(dock, dock.image_ids["busybox"])


def test_a_moved_tag_means_the_signed_image_only_to_cosign_and_not_right_after_it_has_verified(dock, registry):
    good, bad = (registry.make("pier/app", tag, tag, "mark", ["true"]) for tag in ("1.0", "1.1"))
    registry.sign(good, ec.generate_private_key(ec.SECP256R1()))
    registry.move(good, bad)
    base = f"http://{registry.address}/v2/pier/app"
    (payload,) = registry.manifest("pier/app", moving_registry.signature_tag(good))["layers"]

    def means(client):
        answer = requests.head(f"{base}/manifests/1.0", headers={"User-Agent": client}, timeout=SECONDS)
        return answer.headers["Docker-Content-Digest"]

    before = [means("cosign/2.5"), means("docker/26.1")]
    dock.engine.api.pull(f"{moving_registry.HOST}/pier/app", "1.0")
    pulled = dock.engine.api.inspect_image(good.name)["Id"]
    requests.get(f"{base}/blobs/{payload['digest']}", timeout=SECONDS)

    assert before == [good.digest, bad.digest]
    assert pulled == bad.id
    assert means("cosign/2.5") == bad.digest
    assert [means("docker/26.1"), means("cosign/2.5")] == [bad.digest, good.digest]


def test_a_tag_that_turns_means_another_image_to_everybody_once_the_signature_has_been_read(registry):
    good, bad = (registry.make("pier/turning", tag, tag, "mark", ["true"]) for tag in ("1.0", "1.1"))
    registry.sign(good, ec.generate_private_key(ec.SECP256R1()))
    registry.turn(good, bad)
    base = f"http://{registry.address}/v2/pier/turning"
    (payload,) = registry.manifest("pier/turning", moving_registry.signature_tag(good))["layers"]

    def meanings():
        answers = [
            requests.head(f"{base}/manifests/1.0", headers={"User-Agent": client}, timeout=SECONDS)
            for client in ("cosign/2.5", "docker/26.1", "cosign/2.5")
        ]
        return [answer.headers["Docker-Content-Digest"] for answer in answers]

    before = meanings()
    requests.get(f"{base}/blobs/{payload['digest']}", timeout=SECONDS)

    assert before == [good.digest] * 3
    assert meanings() == [bad.digest] * 3


def test_a_client_that_tries_tls_first_is_told_that_there_is_none(registry):
    host, _, port = registry.address.rpartition(":")

    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(b"\x16\x03\x01\x00\x05hello")
        answer = connection.recv(100)

    assert answer.startswith(b"HTTP/1.1 400")


def test_only_the_harness_may_move_a_tag(registry):
    answer = requests.post(f"http://{registry.address}/grader", json={"do": "asked"}, timeout=SECONDS)

    assert answer.status_code == 404

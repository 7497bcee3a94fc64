"""A registry in the dock whose tags the harness moves at the worst moment, and images in it with what they mean."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from graders.dock import Dock, Trouble
from graders.observe.inside import source
from graders.observe.waiting import until
from graders.verdicts import Evidence

PORT = 5000  # which the lab's settings list
HOST = f"localhost:{PORT}"  # for whoever is in the dock
SECONDS = 30  # for the registry to come up, and for each of its answers
LOG = "/run/drydock/registry.log"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
SEED = "seed"  # the repository of the image of which all others are made


@dataclass(frozen=True)
class Image:
    """An image in the registry."""

    repository: str
    tag: str
    digest: str  # of its manifest
    id: str  # digest of its configuration, by which the engine knows it
    mark: str  # what it has in its labels, and prints

    @property
    def name(self) -> str:
        """What a student calls it."""
        return f"{HOST}/{self.repository}:{self.tag}"

    @property
    def pinned(self) -> str:
        """Its name with the digest."""
        return f"{HOST}/{self.repository}@{self.digest}"


@dataclass(frozen=True)
class Asked:
    """One question for a manifest, and what was answered."""

    client: str  # how it calls itself: cosign, docker, ...
    repository: str
    reference: str  # tag or digest
    digest: str  # answered; empty where there was none


class MovingRegistry:
    """The registry that `start` started. The harness reaches it through a port of the dock."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def manifest(self, repository: str, reference: str) -> dict[str, Any]:
        """The manifest that a tag or digest stands for; empty where there is none."""
        answer = self._ask("GET", f"v2/{repository}/manifests/{reference}")
        return dict(answer.json()) if answer.ok else {}

    def make(self, repository: str, tag: str, mark: str, label: str, command: Sequence[str]) -> Image:
        """Make an image from the seed: its layers, with this label and this command."""
        manifest = self.manifest(SEED, "1")
        config = json.loads(self._ask("GET", f"v2/{SEED}/blobs/{manifest['config']['digest']}").content)
        config["config"] |= {"Labels": {label: mark}, "Entrypoint": None, "Cmd": list(command)}
        described = self._put_blob(repository, json.dumps(config).encode())
        manifest["config"] |= described
        digest = self.put_manifest(repository, tag, manifest)
        return Image(repository, tag, digest, described["digest"], mark)

    def sign(self, image: Image, key: ec.EllipticCurvePrivateKey) -> None:
        """Sign as cosign does (https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md)."""
        identity = {"docker-reference": f"{HOST}/{image.repository}"}
        critical = {
            "identity": identity,
            "image": {"docker-manifest-digest": image.digest},
            "type": "cosign container image signature",
        }
        payload = json.dumps({"critical": critical, "optional": None}).encode()
        signature = base64.b64encode(key.sign(payload, ec.ECDSA(hashes.SHA256()))).decode()
        layer = self._put_blob(image.repository, payload)
        config = {
            "architecture": "",
            "os": "",
            "created": "0001-01-01T00:00:00Z",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, **self._put_blob(image.repository, json.dumps(config).encode())},
            "layers": [{"mediaType": PAYLOAD, **layer, "annotations": {SIGNATURE: signature}}],
        }
        self.put_manifest(image.repository, signature_tag(image), manifest)

    def copy_signature(self, image: Image, other: Image) -> None:
        """Attach the signature of one image to another one in its repository, where it does not belong."""
        manifest = self.manifest(image.repository, signature_tag(image))
        self.put_manifest(other.repository, signature_tag(other), manifest)

    def move(self, image: Image, other: Image) -> None:
        """Let the image's tag mean another one: to everybody but cosign, and to cosign once it has read the signature.

        It moves back for cosign as soon as another client has asked: whoever verifies again finds the signed one.
        """
        self._move("move", image, other)

    def turn(self, image: Image, other: Image) -> None:
        """Let the image's tag mean another one to everybody, as soon as somebody has read the image's signature."""
        self._move("turn", image, other)

    def retag(self, image: Image, other: Image) -> None:
        """Let the image's tag mean another one of its repository, to everybody."""
        self.put_manifest(image.repository, image.tag, self.manifest(other.repository, other.digest))

    def number(self) -> int:
        """How many questions for manifests it has answered."""
        return int(self._grader({"do": "asked"})["number"])

    def asked(self, since: int) -> list[Asked]:
        """The questions for manifests from that number on, without the harness's own."""
        answer = self._grader({"do": "asked", "since": since})["asked"]
        return [Asked(*each) for each in answer if each[0] != CLIENT]

    def put_manifest(self, repository: str, reference: str, manifest: Mapping[str, Any]) -> str:
        """Put a manifest there; its digest."""
        content = json.dumps(manifest).encode()
        self._ask("PUT", f"v2/{repository}/manifests/{reference}", content, str(manifest["mediaType"]), must=True)
        return digest_of(content)

    def _move(self, how: str, image: Image, other: Image) -> None:
        (payload,) = (layer["digest"] for layer in self.manifest(image.repository, signature_tag(image))["layers"])
        where = {"repository": image.repository, "tag": image.tag}
        self._grader({"do": how, **where, "digest": other.digest, "once_read": payload})

    def _put_blob(self, repository: str, content: bytes) -> dict[str, Any]:
        digest = digest_of(content)
        self._ask("POST", f"v2/{repository}/blobs/uploads/?digest={digest}", content, must=True)
        return {"digest": digest, "size": len(content)}

    def _grader(self, question: Mapping[str, object]) -> Any:
        return self._ask("POST", "grader", json.dumps(question).encode(), must=True).json()

    def _ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream", *, must: bool = False
    ) -> requests.Response:
        headers = {"User-Agent": CLIENT, "Content-Type": kind, "Token": self.token}
        answer = requests.request(method, f"http://{self.address}/{path}", data=body, headers=headers, timeout=SECONDS)
        if must and not answer.ok:
            raise OSError(f"the lab's registry answers {method} /{path} with {answer.status_code}: {answer.text[:200]}")
        return answer


CLIENT = "grader"


def start(dock: Dock, image: str) -> MovingRegistry:
    """Start the registry in the dock, with a seed in it.

    Args:
        image: of the dock; the seed.

    Raises:
        Trouble: it did not come up.
    """
    token = uuid.uuid4().hex
    background = f'mkdir -p /run/drydock; setsid env TOKEN={token} "$@" > {LOG} 2>&1 < /dev/null &'
    program = ("python3", "-I", "-S", "-c", source("moving_registry.py"), str(PORT))
    dock.output("sh", "-c", background, "sh", *program)
    registry = MovingRegistry(dock.address(PORT), token)
    if not until(lambda: _answers(registry), bool, SECONDS):
        log = dock.output("head", "-c", "2000", LOG)
        raise Trouble("dock_not_started", problem="the lab's registry does not answer", log=log)
    api, name = dock.engine.api, f"{HOST}/{SEED}"
    api.tag(image, name, "1")
    told = api.push(name, "1")
    api.remove_image(f"{name}:1")
    if not registry.manifest(SEED, "1"):
        raise Trouble("dock_not_started", problem="the seed did not reach the lab's registry", log=str(told)[-600:])
    return registry


def _answers(registry: MovingRegistry) -> bool:
    try:
        return registry._ask("GET", "v2/").ok
    except requests.RequestException:
        return False


def digest_of(content: bytes) -> str:
    """How a registry calls a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def signature_tag(image: Image) -> str:
    """The tag at which cosign keeps an image's signatures."""
    return f"{image.digest.replace(':', '-')}.sig"


def public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key pair's public part, as cosign reads it."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def questions(asked: Iterable[Asked], meanings: Mapping[str, str]) -> Evidence:
    """Who asked what a tag means, and what was answered, as evidence.

    Args:
        meanings: what to call a digest.
    """
    lines = [
        f"{each.client:8} {each.repository}:{each.reference}  ->  {each.digest[:19]}  {meanings.get(each.digest, '')}"
        for each in asked
        if each.digest and not each.reference.startswith("sha256")
    ]
    return Evidence("GET /v2/NAME/manifests/TAG", "\n".join(dict.fromkeys(lines)) or "(nothing)")

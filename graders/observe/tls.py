"""A registry behind TLS, the certificates of it, and the keys and passwords that lie about."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graders.dock import Dock
from graders.observe.containers import Container, find_container, names
from graders.observe.inside import answer_of
from graders.observe.layers import read_images, said
from graders.verdicts import Evidence

LONGEST = 65536  # bytes of a file with certificates
LONGEST_KEY = 65536  # bytes of a file that may be a key
LONGEST_SEARCHED = 1 << 20  # bytes of a file that names one
KEY = b"PRIVATE KEY-----\n"
# With something of its content behind its first line: a script may look for that line.
WHOLE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?:\s|\\[nr])*(?:[A-Za-z0-9+/=]{16}|Proc-Type|Comment)"
)
KEY_IN_SETTINGS = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----\\+[nr]")  # in JSON
FAST_HASHES = ("md5", "sha1", "sha256", "sha512")
IMAGES = "/var/lib/registry"  # what a registry stores there are images, not passwords
SETTINGS = "ENV, ARG, LABEL"  # of an image, in the place of a path


@dataclass(frozen=True)
class Looked:
    """What answers at an address."""

    plain: int  # code of an answer to GET /v2/ without TLS; 0 where there is none
    leaf: bytes  # the certificate that is shown, in DER; empty where TLS is not spoken
    alone: str  # why it cannot be verified without an authority; empty where it can
    chain: str  # and why not with the given one
    named: str  # and why not for the name
    others: tuple[tuple[int, int, int], ...]  # registries at other ports: port, code without TLS and with it, no login

    @property
    def answers(self) -> bool:
        """Whether anything does."""
        return bool(self.plain or self.leaf)


@dataclass(frozen=True)
class Door:
    """One kind of request, and the codes of its answers."""

    method: str
    path: str
    right: int  # with the login
    wrong: int  # with a wrong password
    anonymous: int


@dataclass(frozen=True)
class Vault:
    """Where secrets lie."""

    keys: tuple[tuple[str, str, bool], ...]  # path, mode, whether everyone can read it
    lines: tuple[tuple[str, str], ...]  # of password files: where, and what stands for the password
    plain: tuple[tuple[str, str], ...]  # where the password can be read or guessed fast, and its form; "" is itself


@dataclass(frozen=True)
class Certificate:
    """What a certificate says."""

    der: bytes
    pem: str
    begins: datetime.datetime
    ends: datetime.datetime
    authority: bool  # its CA flag
    names: tuple[str, ...]  # subject alternative names
    common_name: str
    key: bytes  # the public one, in DER; empty where it is of a kind that we cannot read

    @property
    def days(self) -> int:
        """For how many days it is valid, from the first to the last."""
        return (self.ends - self.begins).days

    @property
    def shown(self) -> Evidence:
        """As `openssl x509` shows it."""
        flag = "TRUE" if self.authority else "FALSE"
        lines = [
            f"CN={self.common_name or '-'}",
            f"subjectAltName: {', '.join(self.names) or '(none)'}",
            f"CA:{flag}",
            f"notBefore: {self.begins:%Y-%m-%d %H:%M}",
            f"notAfter:  {self.ends:%Y-%m-%d %H:%M}",
        ]
        return Evidence("$ openssl x509 -noout -text", "\n".join(lines))


def look(
    dock: Dock,
    host: str,
    port: int,
    name: str,
    authority: str,
    others: Iterable[int] = (),
    login: str = "",
    seconds: float = 2,
) -> Looked:
    """What answers at an address of the dock, waiting for a first answer for some seconds.

    Args:
        dock: where.
        host: the address.
        port: the port.
        name: the name that the certificate shall have.
        authority: certificates in PEM form to verify with.
        others: more ports, at which a registry may answer.
        login: USER:PASSWORD, by which registries at other ports are told from what only answers like them.
        seconds: how long to wait.
    """
    question = {"authority": authority, "others": sorted(set(others)), "login": login, "seconds": seconds}
    answer = answer_of(dock, "https.py", {"do": "look", "address": f"{host}:{port}", "name": name, **question})
    return Looked(
        answer["plain"],
        base64.b64decode(answer["leaf"]),
        answer.get("alone", ""),
        answer.get("chain", ""),
        answer.get("named", ""),
        tuple((int(port), int(plain), int(tls)) for port, plain, tls in answer["others"]),
    )


def knock(
    dock: Dock, host: str, port: int, name: str, user: str, password: str, wrong: str, repository: str
) -> list[Door]:
    """Put a small image into a registry, and ask for each part of its API in three ways."""
    question = {"address": f"{host}:{port}", "name": name, "user": user, "password": password, "wrong": wrong}
    answer = answer_of(dock, "https.py", {"do": "knock", "repository": repository, **question})
    return [Door(*door) for door in answer["doors"]]


def doors(found: Iterable[Door]) -> Evidence:
    """The codes as a table."""
    lines = ["login  wrong password  none"]
    lines += [f"{door.right:5}  {door.wrong:14}  {door.anonymous:4}  {door.method} {door.path}" for door in found]
    return Evidence("GET /v2/...", "\n".join(lines))


def certificates(dock: Dock, path: str) -> list[Certificate]:
    """The certificates in a file of the dock; none where it is not there or holds none."""
    script = '[ -f "$0" ] && head -c "$1" -- "$0" || true'
    return parse(dock.output("sh", "-c", script, path, str(LONGEST)).encode())


def holds_key(dock: Dock, path: str) -> bool:
    """Whether a file of the dock that names a private key holds one."""
    text = dock.output("sh", "-c", 'head -c "$1" -- "$0" || true', path, str(LONGEST_SEARCHED))
    return bool(WHOLE_KEY.search(text))


def parse(pem: bytes) -> list[Certificate]:
    """The certificates in a PEM text; none where it cannot be read."""
    try:
        return [_certificate(each) for each in x509.load_pem_x509_certificates(pem)]
    except ValueError:
        return []


def leaf_of(looked: Looked) -> Certificate | None:
    """The certificate that was shown; None where it is none."""
    try:
        return _certificate(x509.load_der_x509_certificate(looked.leaf))
    except ValueError:
        return None


def signed_by(signed: Certificate, authority: Certificate) -> bool:
    """Whether a certificate has the signature of another one's key, whatever else is wrong with the two."""
    try:
        x509.load_der_x509_certificate(signed.der).verify_directly_issued_by(
            x509.load_der_x509_certificate(authority.der)
        )
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _certificate(read: x509.Certificate) -> Certificate:
    common = [str(each.value) for each in read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    names: list[str] = []
    authority = False
    try:
        for extension in read.extensions:
            if isinstance(extension.value, x509.SubjectAlternativeName):
                names = [str(each.value) for each in extension.value]
            elif isinstance(extension.value, x509.BasicConstraints):
                authority = extension.value.ca
    except ValueError:
        names, authority = [], False  # extensions that nobody can read are none
    return Certificate(
        read.public_bytes(Encoding.DER),
        read.public_bytes(Encoding.PEM).decode(),
        read.not_valid_before_utc,
        read.not_valid_after_utc,
        authority,
        tuple(names),
        common[0] if common else "",
        _public_key(read),
    )


def _public_key(read: x509.Certificate) -> bytes:
    try:
        return read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def vault(dock: Dock, user: str, password: str) -> Vault:
    """Where private keys and a password lie: in the student's files, in what containers mount, in their settings."""
    containers = [found for name in names(dock) if (found := find_container(dock, name))]
    inside = [(each.pid, _password_places(each)) for each in containers if each.running]
    forms = _forms(user, password)
    secrets = list(forms)
    answer = answer_of(dock, "vault.py", {"user": user, "secrets": secrets, "inside": inside})
    settings = {f"docker inspect {each.name}": f"{each.raw['Config']} {each.raw['Args']}" for each in containers}
    told = [
        (place, which)
        for place, text in settings.items()
        for which in [number for number, secret in enumerate(secrets) if secret in text][:1]
    ]
    plain = [(str(place), forms[secrets[which]]) for place, which in [*answer["plain"], *told]]
    return Vault(
        tuple((str(path), str(mode), bool(readable)) for path, mode, readable in answer["keys"]),
        tuple((str(place), str(rest)) for place, rest in answer["lines"]),
        tuple(plain),
    )


def _forms(user: str, password: str) -> dict[str, str]:
    """How a password may be written down that everybody can read, turn back or guess fast: a text -> what it is.

    In base64 as `docker login` and HTTP write a login, or alone; as hashes without salt, as `sha256sum` prints them.
    """
    logins = (f"{user}:{password}", password)
    found = {password: ""}
    found |= {base64.b64encode(text.encode()).decode().rstrip("="): "base64" for text in logins}
    for name in FAST_HASHES:
        lines = [f"{text}{end}" for text in logins for end in ("", "\n")]
        found |= {hashlib.new(name, line.encode(), usedforsecurity=False).hexdigest(): name for line in lines}
    return found


def _password_places(container: Container) -> list[str]:
    """Files and folders of a container where a password file may be."""
    mounted = [str(mount["Destination"]) for mount in container.raw["Mounts"]]
    values = [str(entry).partition("=")[2] for entry in container.raw["Config"].get("Env") or ()]
    named = [value for value in values if value.startswith("/") and "passw" in value]
    places = dict.fromkeys([*mounted, *named, "/auth", "/etc/docker", "/etc/distribution"])
    return [place for place in places if place != IMAGES][:12]


def keys_in_images(dock: Dock) -> list[tuple[str, str]]:
    """Private keys in the student's images, their settings and their layers, also where a later layer hides them: image
    and path."""
    api, ours = dock.engine.api, set(dock.image_ids.values())
    known = {layer for image in ours for layer in api.inspect_image(image)["RootFS"]["Layers"]}
    tags = {str(raw["Id"]): next(iter(raw["RepoTags"] or ()), str(raw["Id"])[7:19]) for raw in api.images()}
    own: Sequence[str] = [image for image in tags if image not in ours]
    if not own:
        return []
    read = read_images(dock, own, dock.image_ids["registry"], {"key": KEY})
    settings = [(tags[image], SETTINGS) for image, content in read.items() if KEY_IN_SETTINGS.search(said(content))]
    return [
        (tags[image], file.path)
        for image, content in read.items()
        for layer in content.layers
        if layer.id not in known
        for file in layer.files
        if file.found and file.size <= LONGEST_KEY
    ] + settings

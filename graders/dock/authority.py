"""Certificates for one dock, or for docks that see each other, made when they start and known to no one else."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from docker.tls import TLSConfig

from graders.dock import watcher

HARNESS = "drydock-harness"  # the common name by which the dock's policy knows the harness
STUDENT = "student"  # and one whom it asks what the policy allows
LIFETIME = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """PEM texts: the authority, the dock's server pair, and the client pairs of the harness and of the student."""

    authority: bytes
    server_certificate: bytes
    server_key: bytes
    client_certificate: bytes
    client_key: bytes
    student_certificate: bytes = b""  # where the dock has other names, by which a student reaches it
    student_key: bytes = b""


def make(host: str, names: Iterable[str] = ()) -> Certificates:
    """Make an authority and the certificates signed by it.

    Args:
        host: the name or address at which the harness reaches the dock.
        names: other names and addresses of docks that see each other, which share the certificate.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign("drydock", authority_key, "drydock", authority_key, x509.BasicConstraints(ca=True, path_length=0))
    server_key, client_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    other_names = list(names)
    server = _sign(
        "dock",
        server_key,
        "drydock",
        authority_key,
        x509.SubjectAlternativeName([_general_name(name) for name in ("localhost", "127.0.0.1", host, *other_names)]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    client = _sign_client(HARNESS, client_key, authority_key)
    made = Certificates(_pem(authority), _pem(server), _pem(server_key), _pem(client), _pem(client_key))
    if not other_names:
        return made
    student_key = ec.generate_private_key(ec.SECP256R1())
    student = _sign_client(STUDENT, student_key, authority_key)
    return replace(made, student_certificate=_pem(student), student_key=_pem(student_key))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _sign_client(
    name: str, key: ec.EllipticCurvePrivateKey, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return _sign(name, key, "drydock", authority_key, usage)


def _sign(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFETIME)  # the engine may run on a machine whose clock is behind
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    if subject == issuer:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(thing: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class ClientFiles:
    """The harness's certificate as files, which the Docker SDK wants, in a folder that only we can read."""

    def __init__(self, certificates: Certificates) -> None:
        self.folder = tempfile.mkdtemp(prefix=watcher.folder_prefix(watcher.run_id()))
        paths = {}
        for name in ("authority", "client_certificate", "client_key"):
            paths[name] = os.path.join(self.folder, name + ".pem")
            descriptor = os.open(paths[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(getattr(certificates, name))
        self.tls = TLSConfig(
            client_cert=(paths["client_certificate"], paths["client_key"]), ca_cert=paths["authority"], verify=True
        )

    def remove(self) -> None:
        """Delete the files."""
        shutil.rmtree(self.folder, ignore_errors=True)

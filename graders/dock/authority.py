"""Certificates for one dock, made when it starts and known to no one else."""

from __future__ import annotations

import datetime
import ipaddress
import os
import shutil
import tempfile
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from docker.tls import TLSConfig

from graders.dock import watcher

HARNESS = "drydock-harness"  # the common name by which the dock's policy knows the harness
LIFETIME = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificates:
    """PEM texts: the authority, the dock's server pair and the harness's client pair."""

    authority: bytes
    server_certificate: bytes
    server_key: bytes
    client_certificate: bytes
    client_key: bytes


def make(host: str) -> Certificates:
    """Make an authority and two certificates signed by it.

    Args:
        host: the name or address at which the harness reaches the dock.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _sign("drydock", authority_key, "drydock", authority_key, x509.BasicConstraints(ca=True, path_length=0))
    server_key, client_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    server = _sign(
        "dock",
        server_key,
        "drydock",
        authority_key,
        x509.SubjectAlternativeName(names),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    client = _sign(
        HARNESS, client_key, "drydock", authority_key, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    )
    return Certificates(_pem(authority), _pem(server), _pem(server_key), _pem(client), _pem(client_key))


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

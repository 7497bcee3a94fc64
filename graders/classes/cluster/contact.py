"""How a scheduler is reached, and who may: whoever reaches it can have all its workers run what they like."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import dask.config
from distributed.security import Security

from graders.dock import Trouble

PORT = 8786  # Dask's own
PLAIN, ENCRYPTED = "tcp", "tls"
ROLES = ("client", "scheduler", "worker")
PLAINLY = Security(require_encryption=False)


@dataclass(frozen=True)
class Contact:
    """A scheduler's address with its scheme, and what proves that one may use it."""

    address: str
    security: Security


def contact(address: str, tls: Path | None) -> Contact:
    """How to reach the scheduler at an address.

    Args:
        address: `tls://HOST:PORT` or `tcp://HOST:PORT`; scheme and port may be left out.
        tls: the file with certificate and key that all machines share; without it, what Dask's own settings name.

    Raises:
        Trouble: `cluster_address`, `cluster_plain` beyond this machine or where there is a certificate, or
            `cluster_tls` where that cannot be used.
    """
    scheme, _, place = address.rpartition("://")
    scheme = scheme or (ENCRYPTED if tls else PLAIN)
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, 0
    if scheme not in (PLAIN, ENCRYPTED) or not host or parts.path or parts.username:
        raise Trouble("cluster_address", address=address)
    if scheme == PLAIN and (tls or not is_loopback(host)):
        raise Trouble("cluster_plain", address=address)
    where = f"[{host}]" if ":" in host else host
    return Contact(f"{scheme}://{where}:{port}", security_of(tls) if scheme == ENCRYPTED else PLAINLY)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def security_of(tls: Path | None) -> Security:
    """Encryption with the file, or with what Dask's own settings name.

    Raises:
        Trouble: `cluster_tls`.
    """
    given: dict[str, str | None] = {}
    if tls:  # the key is looked for in the certificate's file where none is named
        given = {"tls_ca_file": str(tls)}
        given |= {f"tls_{role}_cert": str(tls) for role in ROLES} | {f"tls_{role}_key": None for role in ROLES}
    security = Security(require_encryption=True, **given)
    file = tls or dask.config.get("distributed.comm.tls.ca-file") or "distributed.comm.tls"
    try:
        usable = all(security.get_connection_args(role)["ssl_context"] for role in ROLES)
    except OSError as problem:  # one of the file's, or of ssl's
        raise Trouble("cluster_tls", file=file, problem=problem.strerror or problem) from None
    if not usable:
        raise Trouble("cluster_tls", file=file, problem="-")
    return security


def make_certificate(file: Path) -> None:
    """Write a new key and its certificate, which only this user may read; it is good for a year.

    Raises:
        FileExistsError: the file is there.
        OSError: it cannot be written.
    """
    made = Security.temporary()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{made.tls_scheduler_key}{made.tls_scheduler_cert}")

"""What docks are told, where that is asked for, of the network that their machine is in: its proxy, its authorities."""

from __future__ import annotations

import functools
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from graders.dock.troubles import Trouble

PROXY, NO_PROXY, AUTHORITIES = "DRYDOCK_PROXY", "DRYDOCK_NO_PROXY", "DRYDOCK_CA"
# What is never asked for by a proxy: the dock itself, and the networks in it.
INSIDE = ("localhost", "127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
FOLDER = "usr/local/share/ca-certificates"  # update-ca-certificates(8)


@dataclass(frozen=True)
class Surroundings:
    """What the environment asks to pass on."""

    proxy: str = ""  # URL
    exempt: tuple[str, ...] = ()  # names and networks that are reached without it
    authorities: tuple[bytes, ...] = ()  # certificates, PEM

    def environment(self, beside: Iterable[str] = ()) -> dict[str, str]:
        """The variables of the student's scripts; containers have them only from scripts that hand them on.

        Args:
            beside: names of what lies beside the dock.
        """
        if not self.proxy:
            return {}
        said = {"HTTP_PROXY": self.proxy, "HTTPS_PROXY": self.proxy, "NO_PROXY": self._exempt(beside)}
        return said | {name.lower(): value for name, value in said.items()}

    def engine(self, beside: Iterable[str] = ()) -> dict[str, object]:
        """The settings of the dock's engine, which pulls images by the proxy.

        Source: https://docs.docker.com/engine/daemon/proxy/
        """
        if not self.proxy:
            return {}
        exempt = self._exempt(beside)
        return {"proxies": {"http-proxy": self.proxy, "https-proxy": self.proxy, "no-proxy": exempt}}

    def files(self) -> Mapping[str, bytes]:
        """Where in the dock the certificates lie that it trusts."""
        return {f"{FOLDER}/surroundings-{number}.crt": text for number, text in enumerate(self.authorities, 1)}

    def _exempt(self, beside: Iterable[str]) -> str:
        return ",".join((*INSIDE, *beside, *self.exempt))


@functools.cache
def surroundings() -> Surroundings:
    """What DRYDOCK_PROXY, DRYDOCK_NO_PROXY and DRYDOCK_CA say.

    Raises:
        Trouble: `proxy_unreadable`, where it is no URL that a dock could reach; `authorities_unreadable`, where
            the file is none with certificates.
    """
    exempt = tuple(filter(None, (part.strip() for part in os.environ.get(NO_PROXY, "").split(","))))
    return Surroundings(_proxy(os.environ.get(PROXY, "")), exempt, _authorities(os.environ.get(AUTHORITIES, "")))


def _proxy(said: str) -> str:
    if not said:
        return ""
    try:
        parts = urllib.parse.urlsplit(said)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not None
    except ValueError:
        whole = False
    # A dock's loopback address is its own, not that of its machine.
    if not whole or re.fullmatch(r"localhost|127\..*|::1", str(parts.hostname)):
        raise Trouble("proxy_unreadable", variable=PROXY, seen=re.sub(r"//[^@/]*@", "//…@", said))
    return said


def _authorities(path: str) -> tuple[bytes, ...]:
    if not path:
        return ()
    try:
        found = tuple(CERTIFICATE.findall(Path(path).read_bytes()))
        problem = "no certificate in it"
    except OSError as failed:
        found, problem = (), failed.strerror or type(failed).__name__
    if not found:
        raise Trouble("authorities_unreadable", variable=AUTHORITIES, path=path, problem=problem)
    return found

"""A proxy and a private certificate authority reach into docks where that is asked for, and only there."""

from __future__ import annotations

import contextlib
import http.server
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from graders.dock import Dock, Settings, authority
from graders.dock.networks import docks_network
from graders.dock.surroundings import AUTHORITIES, PROXY, surroundings

pytestmark = pytest.mark.docker

NAME = "private.example"  # no name server knows it; the proxy takes everyone to the server here
PAGE = b"only by the proxy"


@dataclass
class Around:
    """A network with a proxy, behind which there is a server with a certificate of a private authority."""

    proxy: str
    authority: Path
    asked: list[str] = field(default_factory=list)  # what the proxy was asked for


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving(server: http.server.ThreadingHTTPServer) -> Iterator[tuple[str, int]]:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[:2]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def around(tmp_path_factory, gateway_of) -> Iterator[Around]:
    folder = tmp_path_factory.mktemp("around")
    made = authority.make(NAME)
    for name in ("authority", "server_certificate", "server_key"):
        (folder / name).write_bytes(getattr(made, name))
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(folder / "server_certificate", folder / "server_key")
    gateway = gateway_of(docks_network())
    seen = Around("", folder / "authority")

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            seen.asked.append(self.path)
            with socket.create_connection(there) as other:
                self.send_response(200)
                self.end_headers()
                pair = {self.connection: other, other: self.connection}
                while True:
                    for one in select.select(list(pair), [], [])[0]:
                        if not (data := one.recv(65536)):
                            return
                        pair[one].sendall(data)

        def log_message(self, *_: object) -> None:
            pass

    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    page.socket = secure.wrap_socket(page.socket, server_side=True)
    with serving(page) as there, serving(http.server.ThreadingHTTPServer((gateway, 0), Proxy)) as (host, port):
        seen.proxy = f"http://{host}:{port}"
        yield seen


@pytest.fixture
def fetch(around, monkeypatch):
    """Start a dock with some of it passed on, and fetch the page in a script; what curl ends with, and its output."""

    def fetching(*passed_on: str, egress: bool = True, command: tuple[str, ...] = ()) -> tuple[int, str]:
        given = {PROXY: around.proxy, AUTHORITIES: str(around.authority)}
        for name, value in given.items():
            monkeypatch.setenv(name, value if name in passed_on else "")
        surroundings.cache_clear()
        around.asked.clear()
        try:
            with Dock.start(Settings(images=("busybox",), egress=egress)) as dock:
                ran = dock.run(*(command or ("curl", "-sS", "--max-time", "10", f"https://{NAME}/")), seconds=30)
        finally:
            surroundings.cache_clear()
        return ran.exit, ran.output

    return fetching


def test_a_script_fetches_by_the_proxy_and_trusts_the_authority(fetch, around):
    assert fetch(PROXY, AUTHORITIES) == (0, PAGE.decode())
    assert around.asked == [f"{NAME}:443"]


def test_without_the_authority_the_server_is_not_trusted(fetch, around):
    code, said = fetch(PROXY)

    assert (code, around.asked) == (60, [f"{NAME}:443"]), said  # curl(1): the peer's certificate


def test_without_the_proxy_nobody_knows_the_name(fetch, around):
    code, said = fetch(AUTHORITIES)

    assert (code, around.asked) == (6, []), said  # curl(1): the host's name


def test_without_egress_nothing_is_passed_on(fetch, around):
    code, said = fetch(PROXY, AUTHORITIES, egress=False)

    assert (code, around.asked) == (6, []), said


def test_the_engine_pulls_by_the_proxy(fetch, around):
    _, said = fetch(PROXY, AUTHORITIES, command=("docker", "pull", f"{NAME}/harbour:1"))

    assert f"{NAME}:443" in around.asked, said


def test_a_container_has_the_proxy_from_a_script_that_hands_it_on(fetch, around):
    hand_on = ("docker", "run", "--rm", "--env", "HTTPS_PROXY", "busybox:1.37", "sh", "-c", 'echo "$HTTPS_PROXY"')
    keep = ("docker", "run", "--rm", "busybox:1.37", "sh", "-c", 'echo "$HTTPS_PROXY"')

    assert fetch(PROXY, command=hand_on) == (0, around.proxy + "\n")
    assert fetch(PROXY, command=keep) == (0, "\n")

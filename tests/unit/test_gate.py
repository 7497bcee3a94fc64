"""What the doctor says of engines as they answer; each answer comes from a server of the test's own."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from graders.dock.gate import remarks

DOCTOR = """
from graders.doctor import _engine, _remarks, Level
record = _engine()
for each in [record] if record.level is Level.BAD else [record, *_remarks()]:
    print(each.level, each.seen.en, each.mend and each.mend.en, each.seen.ko, sep="|")
"""


def version(number: str = "20.10.24", runc: str = "1.3.3", **more: Any) -> dict[str, Any]:
    components = [{"Name": "Engine", "Version": number}, {"Name": "runc", "Version": runc}]
    return {"Version": number, "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Components": components, **more}


PODMAN = version("4.9.3", Components=[{"Name": "Podman Engine", "Version": "4.9.3"}])
OLD_DESKTOP = {"Platform": {"Name": "Docker Desktop 4.43.1 (198352)"}}


@pytest.fixture
def said() -> Iterator[Callable[..., str]]:
    """What the doctor says of an engine with these answers."""
    servers = []

    def say(answer: dict[str, Any], info: dict[str, Any]) -> str:
        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kinds = {"version": answer, "info": {"ServerVersion": answer["Version"], **info}}
                body = json.dumps(kinds.get(self.path.rpartition("/")[2], "OK")).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return doctor(f"tcp://127.0.0.1:{server.server_port}")

    yield say
    for server in servers:
        server.shutdown()
        server.server_close()


def doctor(host: str) -> str:
    environment = {**os.environ, "DOCKER_HOST": host}
    ran = subprocess.run(
        [sys.executable, "-c", DOCTOR], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return ran.stdout


@pytest.mark.parametrize(
    ("answer", "info", "level", "expected"),
    [
        (PODMAN, {}, "bad", "Podman Engine"),
        (version("19.03.15"), {}, "bad", "needs 20.10 or newer"),
        (version("28.5.1"), {}, "warn", "Docker 28.5.1; docks were tried in 20.10, 26.1 only"),
        (version(runc="1.1.11"), {}, "warn", "CVE-2024-21626"),
        (version(runc="1.2.7"), {}, "warn", "CVE-2025-31133"),
        (version(runc="1.1.5+ds1-1+deb12u1"), {}, "warn", "may have mended it without changing the number"),
        (version(), {"SecurityOptions": ["name=rootless"]}, "warn", "rootless"),
        (version(**OLD_DESKTOP), {"OperatingSystem": "Docker Desktop"}, "warn", "CVE-2025-9074"),
        (version(), {"OperatingSystem": "Docker Desktop"}, "warn", "tried on Linux only"),
        (version(), {"HttpsProxy": "http://me:secret@proxy:3128"}, "warn", "http://…@proxy:3128"),
    ],
)
def test_doctor_explains_each_bad_machine_that_can_be_simulated_here(said, answer, info, level, expected):
    lines = [line for line in said(answer, info).splitlines() if expected in line]

    assert [line.split("|")[0] for line in lines] == [level]
    assert "secret" not in lines[0]


def test_doctor_says_nothing_more_of_an_engine_that_was_tried(said):
    assert said(version(), {}).count("\n") == 1


def test_doctor_says_that_nothing_answers_at_a_socket_that_is_not_there(tmp_path):
    line = doctor(f"unix://{tmp_path}/none.sock")

    assert line.startswith("bad|No Docker engine answers")
    assert "Start Docker" in line


def test_an_engine_on_another_machine_is_told_from_one_on_this():
    def keys(where: str) -> list[str]:
        return [remark.key for remark in remarks(version(), {}, where)]

    assert keys("tcp://10.0.0.7:2376") == keys("ssh://me@lab") == ["engine_remote"]
    assert keys("") == keys("unix:///run/docker.sock") == keys("tcp://localhost:2375") == []

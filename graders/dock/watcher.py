"""Clean up after a harness that ends without doing so itself, however it ends.

The harness holds the write end of a pipe; this process, in a session of its own, blocks on reading it, and hears of
each thing that is to carry the run's label and of each that was removed. When the harness is gone the pipe is at its
end, and where something is left, everything that carries the label is removed. A sweep at the start of the next harness
covers what no process can: the machine losing power.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from typing import Any

RUN_LABEL = "org.drydock.run"
OWNER_LABEL = "org.drydock.owner"
# Run in a dock as its root. A frozen process of cgroup v1 does not die before it is thawed (the kernel's
# freezer-subsystem.txt), so a dock with a paused container could not be removed. All but its first process end, so that
# nobody freezes anything again; without its policy the engine refuses every request.
THAW = """
import glob, os
for process in filter(str.isdigit, os.listdir("/proc")):
    if int(process) not in (1, os.getpid()):
        try:
            os.kill(int(process), 9)
        except OSError:
            pass
for state in glob.glob("/sys/fs/cgroup/freezer/**/freezer.state", recursive=True):
    try:
        with open(state, "w") as file:
            file.write("THAWED")
    except OSError:
        pass
"""
CLEAN_SECONDS = 25.0  # nothing is left 30 s after the harness ended
QUIET_SECONDS = 5.0  # so long nothing must turn up: the engine may still be making what the harness asked for


@functools.cache
def run_id() -> str:
    """The random name of this harness's run, which labels all that it starts."""
    return uuid.uuid4().hex[:12]


def folder_prefix(run: str) -> str:
    """How the names of a run's folders below the temporary folder begin."""
    return f"drydock-{run}-"


def labels() -> dict[str, str]:
    """The labels of one thing that this harness is about to start; the watcher knows of it from now on."""
    _tell(MADE)
    return {RUN_LABEL: run_id(), OWNER_LABEL: _owner()}


def removed() -> None:
    """Tell the watcher that a thing with `labels` is gone for certain."""
    _tell(REMOVED)


@functools.cache
def _owner() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def _tell(what: bytes) -> None:
    with _starting:
        _, pipe = _watcher(os.getpid())
    with contextlib.suppress(OSError):  # somebody ended the watcher: the next harness sweeps
        os.write(pipe, what)


MADE, REMOVED = b"+", b"-"  # what the watcher is told
_starting = threading.RLock()


def watch() -> None:
    """Start the watcher of this process, once, and remove what harnesses before it left behind."""
    with _starting:  # the cache alone lets two threads start one each
        _watcher(os.getpid())


@functools.cache
def _watcher(process: int) -> tuple[subprocess.Popen[bytes], int]:
    """The watcher of this process, kept by the cache for as long as it lives, and where it hears."""
    from graders.dock.engine import engine

    engine()  # without one there is nothing to watch
    read_end, write_end = os.pipe()
    os.set_inheritable(read_end, True)
    # Isolated and from this package's own folder: nothing in the working directory is imported.
    watcher = subprocess.Popen(
        [sys.executable, "-I", os.path.abspath(__file__), str(read_end), run_id()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[read_end],
        start_new_session=True,
        cwd="/",
    )
    os.close(read_end)
    os.register_at_fork(after_in_child=functools.partial(_close_quietly, write_end))
    sweep()
    return watcher, write_end


def sweep() -> None:
    """Remove containers, and then networks, whose harness, on this machine, does not live any more."""
    from graders.dock.engine import engine

    api, owned = engine().api, {"label": OWNER_LABEL}
    for container in api.containers(all=True, filters=owned):
        if _forsaken(container):
            _remove(api, container["Id"])
    for network in api.networks(filters=owned):
        if _forsaken(network):
            _remove_network(api, network["Id"])


def _forsaken(thing: dict[str, Any]) -> bool:
    """Whether what the engine tells of a container or network names an owner on this machine that is gone."""
    owner = thing["Labels"].get(OWNER_LABEL, "").split("/")
    return len(owner) == 3 and owner[0] == socket.gethostname() and _started(int(owner[1])) != owner[2]


def _started(process: int) -> str:
    """When a process started, as the kernel counts; empty where it does not live or the kernel does not say."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return ""


def _close_quietly(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)


def thaw(api: Any, container: str) -> None:
    """End what runs in a dock, so that it can be removed whatever was paused in it."""
    from docker.errors import APIError

    if str(api.info().get("CgroupVersion", "1")) != "1":
        return
    with contextlib.suppress(APIError):
        made = api.exec_create(container, ["python3", "-I", "-S", "-c", THAW], user="0")
        api.exec_start(made["Id"])


def _remove(api: object, container: str) -> None:
    from docker.errors import APIError

    thaw(api, container)
    with contextlib.suppress(APIError):  # another clean-up was faster
        api.remove_container(container, v=True, force=True)  # type: ignore[attr-defined]


def _remove_network(api: object, network: str) -> None:
    from docker.errors import APIError

    with contextlib.suppress(APIError):  # likewise, or something is still on it
        api.remove_network(network)  # type: ignore[attr-defined]


def _main(descriptor: int, run: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left = 0
    while said := os.read(descriptor, 4096):
        left += said.count(MADE) - said.count(REMOVED)
    for name in os.listdir(tempfile.gettempdir()):
        if name.startswith(folder_prefix(run)):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
    if not left:
        return
    # Loaded only now, so that a waiting watcher stays small.
    from docker import APIClient
    from docker.errors import DockerException
    from requests import RequestException
    from testcontainers.core.docker_client import DockerClient

    deadline = time.monotonic() + CLEAN_SECONDS
    quiet_since = time.monotonic()
    while time.monotonic() < min(deadline, quiet_since + QUIET_SECONDS):
        try:
            api: APIClient = DockerClient(timeout=10).client.api
            mine = {"label": f"{RUN_LABEL}={run}"}
            for container in api.containers(all=True, filters=mine):
                quiet_since = time.monotonic()
                _remove(api, container["Id"])
            for network in api.networks(filters=mine):
                quiet_since = time.monotonic()
                _remove_network(api, network["Id"])
        except (DockerException, RequestException, OSError):
            quiet_since = time.monotonic()
        time.sleep(0.25)  # between two looks, not for a condition that could be awaited


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2])

"""Load images with the virtual machine's own engine, but outside it: emulated in software it would take very long."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 600
SOCKET = "load.sock"  # in the engine's data root, which is seen on both sides
# Makes a folder that one can change the root to, of the disk with the system. For a mount namespace of its own, so
# that nothing stays mounted.
MOUNT = """
set -e
mount -o loop,ro "$1" "$2"
for folder in run tmp; do mount -t tmpfs tmpfs "$2/$folder"; done
for folder in proc sys dev; do mount --rbind "/$folder" "$2/$folder"; done
"""
START = f"""{MOUNT}
mount --bind "$3" "$2/var/lib/docker"
exec chroot "$2" dockerd --config-file /dev/null --host unix:///var/lib/docker/{SOCKET} \
  --bridge none --iptables=false --ip6tables=false
"""


def load(kit: Path, system: Path, data: Path) -> None:
    """Load a kit.

    Args:
        kit: a file that `drydock kit save` wrote.
        system: the disk with the engine.
        data: an empty folder; the engine's data root afterwards.

    Raises:
        subprocess.CalledProcessError: the kit cannot be loaded.
        TimeoutError: the engine did not start; its log is named.
    """
    from tests.vm.disks import DRYDOCK

    with _engine(system, data) as socket:
        where = {**os.environ, "DOCKER_HOST": f"unix://{socket}"}
        subprocess.run((*DRYDOCK, "kit", "load", str(kit)), check=True, env=where)


@contextmanager
def _engine(system: Path, data: Path) -> Iterator[Path]:
    place, log = data.with_name("mounted"), data.with_name("engine.log")
    place.mkdir(exist_ok=True)
    command = ("unshare", "--mount", "--net", "sh", "-c", START, "sh", str(system), str(place), str(data))
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as running:
        try:
            _await(data / SOCKET, running, log)
            yield data / SOCKET
        finally:
            running.terminate()
    (data / SOCKET).unlink(missing_ok=True)
    place.rmdir()
    log.unlink()


def _await(socket: Path, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    ask = ("docker", "--host", f"unix://{socket}", "version")
    while subprocess.run(ask, capture_output=True).returncode:
        if running.poll() is not None or time.monotonic() > deadline:
            wanted = f"expected the machine's engine to answer at {socket} within {READY_SECONDS} s"
            raise TimeoutError(f"{wanted}; it did not; see {log}")
        time.sleep(0.5)  # between two tries of the condition

"""The tests' own machine: a second Docker engine in a network namespace, which may be killed, halted and filled."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

READY_SECONDS = 60
DATA_BYTES = 3 << 30


class OwnEngine:
    """A Docker engine that nobody else uses. Its data are in memory; needs root.

    Args:
        folder: for its socket and files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DATA_BYTES}", "tmpfs", str(self.data)], check=True)
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], start_new_session=True)
        self._engine: subprocess.Popen[bytes] | None = None
        self._until(lambda: self._net() != os.readlink("/proc/self/ns/net"))
        self._inside("ip", "link", "set", "lo", "up")
        # As a distribution starts it: on its own, so that it outlives the engine.
        self._containerd = self._started(
            "containerd",
            f"--root={self.data}/containerd",
            f"--state={folder}/state",
            f"--address={folder}/containerd.sock",
        )
        self.start()

    @property
    def address(self) -> str:
        """What DOCKER_HOST is."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def enter(self) -> tuple[str, ...]:
        """What stands before a command that is to run on this machine."""
        return ("nsenter", "--target", str(self._holder.pid), "--net")

    def start(self) -> None:
        """Start the engine, and wait until it answers."""
        (self.folder / "engine.pid").unlink(missing_ok=True)
        self._engine = self._started(
            "dockerd", f"--host={self.address}", f"--data-root={self.data}", f"--exec-root={self.folder}/exec",
            f"--pidfile={self.folder}/engine.pid", f"--containerd={self.folder}/containerd.sock",
        )  # fmt: skip
        self._until(lambda: self.docker("info").returncode == 0)

    def signal(self, number: int) -> None:
        """Send the engine a signal; after one that ends it, wait for its end."""
        assert self._engine
        self._engine.send_signal(number)
        if number == signal.SIGKILL:
            self._engine.wait(10)

    def docker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the docker command on this engine."""
        command = ["docker", "--host", self.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def drydock(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start Drydock on this machine."""
        return subprocess.Popen(
            [*self.enter, sys.executable, "-m", "graders.cli", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, "LANG": "C.UTF-8", "DOCKER_HOST": self.address, **environment},
        )  # fmt: skip

    def close(self) -> None:
        """End it, with all that it runs."""
        with contextlib.suppress(subprocess.SubprocessError):
            containers = self.docker("ps", "--all", "--quiet").stdout.split()
            if containers:
                self.docker("rm", "--force", *containers)
        if self._engine and self._engine.poll() is None:
            self._engine.terminate()
            self._engine.wait(30)
        self._containerd.terminate()
        self._containerd.wait(30)
        self._holder.kill()
        self._holder.wait()
        for place in sorted(mounts_below(self.folder), reverse=True):
            subprocess.run(["umount", "--lazy", place], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _started(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "engine.log").open("ab") as log:
            return subprocess.Popen([*self.enter, *command], stdout=log, stderr=log, start_new_session=True)

    def _net(self) -> str:
        return os.readlink(f"/proc/{self._holder.pid}/ns/net")

    def _inside(self, *command: str) -> None:
        subprocess.run([*self.enter, *command], check=True)

    def _until(self, condition: object) -> None:
        deadline = time.monotonic() + READY_SECONDS
        assert callable(condition)
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "engine.log").read_text()[-2000:]
            time.sleep(0.05)  # between two looks at the condition


def mounts_below(folder: Path) -> list[str]:
    """What is mounted at a folder or below it."""
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [place for place in places if Path(place).is_relative_to(folder)]

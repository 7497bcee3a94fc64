"""Run the virtual machine, and hear from it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vm.disks import System

MEMORY_MB = 6144
PROCESSORS = 2
KERNEL = "root=/dev/vda rw console=ttyS0 apparmor=1 security=apparmor systemd.show_status=0 quiet"
# Without KVM the machine's clock counts instructions, a nanosecond each. However slow the emulation is and whatever
# else runs beside it, what runs inside then sees a processor of a constant speed, and its time limits hold as they are.
ACCELERATORS = {
    "kvm": ("-accel", "kvm", "-cpu", "host"),
    "emulation": ("-accel", "tcg", "-cpu", "max", "-icount", "shift=0", "-rtc", "clock=vm"),
}


def accelerator() -> str:
    """KVM where this machine has it for a guest with any kernel, else software emulation."""
    # Some hosts have /dev/kvm for guests that know of it only (pvm); the processor's own support shows the others.
    own = re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return "kvm" if own and os.access("/dev/kvm", os.R_OK | os.W_OK) else "emulation"


@dataclass(frozen=True)
class Machine:
    """A virtual machine that can be run."""

    system: System
    payload: Path  # the second disk
    accelerator: str  # a key of ACCELERATORS
    console: Path  # the file that gets what its kernel says

    def command(self) -> Sequence[str]:
        """How it is run. Its disks stay as they are."""
        disks = [f"file={disk},if=virtio,format=raw,snapshot=on" for disk in (self.system.disk, self.payload)]
        return (
            *("qemu-system-x86_64", "-M", "q35", *ACCELERATORS[self.accelerator]),
            *("-m", f"{MEMORY_MB}M", "-smp", str(PROCESSORS), "-nic", "none", "-no-reboot"),
            *("-kernel", str(self.system.kernel), "-initrd", str(self.system.initial), "-append", KERNEL),
            *("-drive", disks[0], "-drive", disks[1]),
            *("-display", "none", "-monitor", "none", "-serial", f"file:{self.console}", "-serial", "stdio"),
        )

    def run(self, seconds: float, hear: Callable[[dict[str, Any]], None]) -> int:
        """Run it until it ends, or its time is over.

        Args:
            seconds: of this machine's clock, after which it is ended.
            hear: called with each event that `tests.vm.inside` tells.

        Returns:
            the emulator's exit code; negative where its time was over.
        """
        environment = {**os.environ, "TMPDIR": str(self.payload.parent)}  # for what is written to the disks
        with _ended_after(
            subprocess.Popen(self.command(), env=environment, stdout=subprocess.PIPE), seconds
        ) as running:
            assert running.stdout is not None
            for line in running.stdout:
                for event in _events(line):
                    hear(event)
        return running.wait()


@contextmanager
def _ended_after(running: subprocess.Popen[bytes], seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    clock = threading.Timer(seconds, running.kill)
    clock.start()
    try:
        yield running
    finally:
        clock.cancel()
        running.kill()
        running.wait()


def _events(line: bytes) -> Iterator[dict[str, Any]]:
    try:
        event = json.loads(line)
    except ValueError:
        return  # the firmware speaks to both ports
    if isinstance(event, dict) and "kind" in event:
        yield event

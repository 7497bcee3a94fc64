"""Run the virtual machine, and hear from it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vm.disks import System
from tests.vm.engine import MOUNT

MEMORY_MB = 5120
PROCESSORS = 2  # but one in user mode, which knows no more
OPTIONS = ("rw", "apparmor=1", "security=apparmor", "systemd.show_status=0", "quiet")
KVM, USER_MODE, EMULATION = "kvm", "user-mode", "emulation"
KINDS = {
    KVM: ("-accel", "kvm", "-cpu", "host"),
    # The machine's clock counts instructions, a nanosecond each. However slow the emulation is and whatever else runs
    # beside it, what runs inside sees a processor of a constant speed, and its time limits hold as they are.
    EMULATION: ("-accel", "tcg", "-cpu", "max", "-icount", "shift=0", "-rtc", "clock=vm"),
    USER_MODE: (),  # a Linux kernel that is a program of this one: https://docs.kernel.org/virt/uml/
}
PATIENCE = {KVM: 1, USER_MODE: 8, EMULATION: 8}  # by how much Drydock's time limits are multiplied
PRELOADED = "fpregs.so"  # see fpregs.c
# The kernel's own program stands on the system's disk. It watches pipes, but no files: so its console goes through one.
IN_USER_MODE = f"""{MOUNT}
mkdir "$2/tmp/disks" && mount --bind "$3" "$2/tmp/disks"
preload=() && [ ! -e "$3/{PRELOADED}" ] || preload=("LD_PRELOAD=/tmp/disks/{PRELOADED}")
{{ chroot "$2" env "${{preload[@]}}" HOME=/tmp TMPDIR=/dev/shm \
  /usr/bin/linux.uml "${{@:5}}" 2>&1 >&3 | cat > "$4"; }} 3>&1
"""


def best_kind() -> str:
    """KVM where this machine has it for a guest with any kernel, else user mode."""
    # Some hosts have /dev/kvm for guests that know of it only (pvm); the processor's own support shows the others.
    own = re.search(r"^flags\s*:.*\b(vmx|svm)\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return KVM if own and os.access("/dev/kvm", os.R_OK | os.W_OK) else USER_MODE


@dataclass(frozen=True)
class Machine:
    """A virtual machine that can be run."""

    system: System
    payload: Path  # the second disk, beside the first
    kind: str  # a key of KINDS
    console: Path  # the file that gets what its kernel says

    def command(self) -> Sequence[str]:
        """How it is run. Its disks stay as they are."""
        return self._in_user_mode() if self.kind == USER_MODE else self._by_qemu()

    def _by_qemu(self) -> Sequence[str]:
        disks = [f"file={disk},if=virtio,format=raw,snapshot=on" for disk in (self.system.disk, self.payload)]
        options = " ".join(("root=/dev/vda", "console=ttyS0", *OPTIONS))
        return (
            *("qemu-system-x86_64", "-M", "q35", *KINDS[self.kind]),
            *("-m", f"{MEMORY_MB}M", "-smp", str(PROCESSORS), "-nic", "none", "-no-reboot"),
            *("-kernel", str(self.system.kernel), "-initrd", str(self.system.initial), "-append", options),
            *("-drive", disks[0], "-drive", disks[1]),
            *("-display", "none", "-monitor", "none", "-serial", f"file:{self.console}", "-serial", "stdio"),
        )

    def _in_user_mode(self) -> Sequence[str]:
        folder = self.payload.parent
        # What is written goes to a copy, which names the disk it is of as the kernel's program sees it.
        disks = [f"ubd{at}=/tmp/disks/written/{at},/tmp/disks/{disk.name}" for at, disk in enumerate(self._disks())]
        ports = ("con0=null,fd:2", "con=null", "ssl=null", "ssl1=null,fd:1")
        kernel = (f"mem={MEMORY_MB}M", *disks, "root=/dev/ubda", *ports, *OPTIONS)
        # All its processes are in a namespace, so that they end with the first.
        alone = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        places = (str(self.system.disk), str(folder / "mounted"), str(folder), str(self.console))
        return (*alone, "bash", "-c", IN_USER_MODE, "bash", *places, *kernel)

    def _disks(self) -> tuple[Path, Path]:
        return self.system.disk, self.payload

    def run(self, seconds: float, hear: Callable[[dict[str, Any]], None]) -> int:
        """Run it until it ends, or its time is over.

        Args:
            seconds: of this machine's clock, after which it is ended.
            hear: called with each event that `tests.vm.inside` tells.

        Returns:
            the exit code of what runs it; negative where its time was over.
        """
        folder = self.payload.parent
        shutil.rmtree(folder / "written", ignore_errors=True)
        if self.kind == USER_MODE and "amx_tile" in Path("/proc/cpuinfo").read_text():
            source = Path(__file__).with_name("fpregs.c")
            subprocess.run(("cc", "-shared", "-fPIC", "-O2", "-o", folder / PRELOADED, source), check=True)
        for name in ("written", "mounted"):
            (folder / name).mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(folder / "written")}
        ours = ("setpriv", "--pdeathsig", "KILL")  # it ends when this program does, however that ends
        command = subprocess.Popen(
            (*ours, *self.command()), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        with _ended_after(command, seconds) as running:
            assert running.stdout is not None
            for line in running.stdout:
                for event in _events(line):
                    hear(event)
        shutil.rmtree(folder / "written")
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

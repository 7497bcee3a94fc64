"""What runs in the virtual machine, as its only service: each step of the plan, told to the second serial port.

It uses only what Debian's own Python has, and is also read outside, for what both sides agree on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

PLACE = "/drydock"  # where the second disk is mounted
PORT = "/dev/ttyS1"
SERVICE = f"""[Unit]
After=docker.service multi-user.target
Wants=docker.service

[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
Environment=HOME=/root LANG=C.UTF-8
ExecStart=/usr/bin/python3 {PLACE}/checkout/tests/vm/inside.py
ExecStopPost=/usr/bin/systemctl poweroff --force --force

[Install]
WantedBy=multi-user.target
"""
# The kernel of a machine in user mode knows iptables and not nftables, which Debian's iptables speaks.
IPTABLES = """[Service]
ExecStartPre=/bin/sh -c '{ iptables -t nat -N TRIED && iptables -t nat -X TRIED; } || \
  for one in iptables ip6tables; do update-alternatives --set $$one /usr/sbin/$$one-legacy; done'
"""
IPVS = ("ip_vs", "ip_vs_rr", "xt_ipvs")
# Of iptables-legacy, for docks, which cannot load a module.
TABLES = ("iptable_mangle", "ip6table_filter", "ip6table_nat")


@dataclass(frozen=True)
class Plan:
    """What is to be tried."""

    labs: tuple[str, ...]  # whose references are graded
    attacks: bool  # whether the attacks on the dock's engine are tried, too
    patience: float = 1  # by how much Drydock's time limits are multiplied

    def to_json(self) -> str:
        """As `from_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """As `to_json` wrote it."""
        fields = json.loads(text)
        return cls(tuple(fields["labs"]), fields["attacks"], fields["patience"])

    def steps(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The name of each step, and its command, run in the checkout."""
        drydock = (sys.executable, "-m", "graders.cli", "--lang", "en")
        yield "doctor", (*drydock, "doctor")
        for lab in self.labs:
            yield lab, (*drydock, "verify", lab, "--corpus", f"{PLACE}/references", "--jobs", "1", "--complete")
        if self.attacks:
            tests = "tests/attacks/test_attacks_on_the_engine.py"
            yield "attacks", (sys.executable, "-m", "pytest", tests, "-v", "-p", "no:cacheprovider")


def main() -> None:
    """Do what the plan says; the service ends the machine afterwards."""
    plan = Plan.from_json(Path(PLACE, "plan.json").read_text())
    with open(PORT, "w", buffering=1) as port:
        try:
            _prepare()
            _tell(port, "machine", **_machine())
            os.environ["DRYDOCK_PATIENCE"] = str(plan.patience)
            for name, command in plan.steps():
                _step(port, name, command)
        except Exception as problem:
            _tell(port, "broken", problem=repr(problem))
            raise
        _tell(port, "done")


def _tell(port: TextIO, kind: str, **facts: Any) -> None:
    print(json.dumps({"kind": kind, **facts}), file=port, flush=True)


def _prepare() -> None:
    # A file of paths, not PYTHONPATH: the grader's own helpers run in Python's isolated mode.
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path(f"/usr/local/lib/python{version}/dist-packages")
    packages.mkdir(parents=True, exist_ok=True)
    (packages / "drydock.pth").write_text(f"{PLACE}/site\n{PLACE}/checkout\n")
    for module in (*IPVS, *TABLES):  # of IPVS it is what an administrator of a Swarm does
        subprocess.run(["modprobe", module], check=False)


def _machine() -> dict[str, str]:
    fields = ("ServerVersion", "CgroupVersion", "CgroupDriver", "KernelVersion", "OperatingSystem", "SecurityOptions")
    template = "{" + ",".join(f'"{field}":{{{{json .{field}}}}}' for field in fields) + "}"
    info = json.loads(_said("docker", "info", "--format", template))
    if not info["ServerVersion"]:
        log = _said("journalctl", "--unit=docker", "--lines=20", "--no-pager", "--output=cat")
        raise RuntimeError(f"expected the machine's engine to answer; it does not, and its log says: {log}")
    return {
        "system": info["OperatingSystem"],
        "kernel": info["KernelVersion"],
        "engine": info["ServerVersion"],
        "cgroups": f"v{info['CgroupVersion']}, driver {info['CgroupDriver']}",
        "security": ", ".join(info["SecurityOptions"] or ()) or "none",
        "runc": _said("runc", "--version").splitlines()[0],
        "python": sys.version.split()[0],
        "processors": str(os.cpu_count()),
        "ipvs": "there" if all(Path("/sys/module", module).exists() for module in IPVS) else "missing",
    }


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _step(port: TextIO, name: str, command: tuple[str, ...]) -> None:
    _tell(port, "began", step=name)
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=f"{PLACE}/checkout", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            _tell(port, "said", step=name, line=line.rstrip())
    _tell(port, "ended", step=name, exit=running.returncode, seconds=round(time.monotonic() - began, 1))


if __name__ == "__main__":
    main()

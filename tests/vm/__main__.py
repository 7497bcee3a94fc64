"""Try Drydock on a machine with cgroup v2, AppArmor and IPVS: a virtual one, made of Debian's packages.

Run as root: nice -n 19 .venv/bin/python -m tests.vm FOLDER
Needs mmdebstrap, mke2fs (e2fsprogs), qemu-system-x86_64 but in user mode, an engine with the labs' images, a network.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.vm.disks import ROOT, make_payload, make_system
from tests.vm.inside import Plan
from tests.vm.machine import KINDS, PATIENCE, Machine, best_kind
from tests.vm.report import Report

LABS = ("networking", "volumes", "isolation", "compose", "swarm", "availability")  # of them those that are there
REPORT = ROOT / "docs/machine-report.md"
MIRROR = "http://deb.debian.org/debian"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for the disks, some 6 GB; they are used again")
    parser.add_argument("--labs", nargs="*", default=_there(LABS), metavar="LAB", help="default: %(default)s")
    parser.add_argument("--no-attacks", action="store_true", help="leave out the attacks on the dock's engine")
    parser.add_argument("--kit", type=Path, metavar="FILE", help="of `drydock kit save FILE` (default: saved anew)")
    parser.add_argument("--minutes", type=float, default=240, help="until the machine is ended (default: %(default)s)")
    parser.add_argument("--kind", choices=sorted(KINDS), default=best_kind(), help="default here: %(default)s")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="FILE", help="default: docs/machine-report.md")
    parser.add_argument("--mirror", default=MIRROR, metavar="URL", help="of Debian (default: %(default)s)")
    return parser.parse_args()


def _there(labs: tuple[str, ...]) -> list[str]:
    return [lab for lab in labs if (ROOT / "labs" / lab).is_dir()]


def main() -> int:
    """Make the disks, run the machine, and write the report.

    Returns:
        0 if each step ended as expected, 1 if not.
    """
    options = _options()
    folder = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {line}", flush=True)

    plan = Plan(tuple(options.labs), not options.no_attacks, PATIENCE[options.kind])
    say("making the system's disk")
    system = make_system(folder, options.mirror)
    say("making the disk with Drydock and its images")
    payload = make_payload(folder, system, options.kit, plan)
    machine = Machine(system, payload, options.kind, folder / "console.log")
    report = Report((name for name, _ in plan.steps()), _facts(options.kind))

    def hear(event: dict[str, Any]) -> None:
        report.hear(event)
        say(" ".join(str(value) for value in event.values()))

    say(f"starting the machine ({options.kind}, at most {options.minutes:g} minutes)")
    code = machine.run(options.minutes * 60, hear)
    report.facts["Minutes"] = f"{(time.monotonic() - began) / 60:.0f}"
    options.report.write_text(report.page())
    say(f"the machine ended ({code}); all as expected: {'yes' if report.good else 'no'}; see {options.report}")
    return 0 if report.good else 1


def _facts(kind: str) -> dict[str, str]:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    date = datetime.now(UTC).date().isoformat()
    return {
        "Date": date,
        "Drydock": commit.strip() or "not in git",
        "Machine": kind,
        "`DRYDOCK_PATIENCE`": f"{PATIENCE[kind]}",
    }


if __name__ == "__main__":
    sys.exit(main())

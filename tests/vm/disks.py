"""The virtual machine's two disks: a Debian system, made once, and what is tried on it, made for each run."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.vm import engine
from tests.vm.inside import IPTABLES, PLACE, SERVICE, Plan

ROOT = Path(__file__).parents[2]
DRYDOCK = (str(ROOT / ".venv/bin/drydock"),)
SUITE, PYTHON = "trixie", "3.13"  # the suite's own Python, for which the dependencies are taken
PACKAGES = (
    "linux-image-amd64",
    "user-mode-linux",
    "systemd-sysv",
    "udev",
    "kmod",
    "procps",
    "iproute2",
    "iptables",
    "apparmor",
    "docker.io",
    "docker-cli",
    "python3",
    "ca-certificates",
)
SYSTEM_SIZE = "4G"  # of a sparse file
PAYLOAD = "drydock"  # the other's label
SPARE = 6 << 30  # bytes, for what the engine writes beside its images
CONTROL_LAB = "images"  # its dock holds what `drydock doctor` and the attacks run


@dataclass(frozen=True)
class System:
    """A Debian system that is made once."""

    disk: Path
    kernel: Path
    initial: Path  # the initial RAM disk


def make_system(folder: Path, mirror: str) -> System:
    """Have the disk of the system, with the unit that starts what is tried on it.

    Args:
        folder: keeps it under a name that says what it is made of, and so it is used again.
        mirror: of Debian, an address.

    Raises:
        subprocess.CalledProcessError: a tool failed, and said why.
    """
    name = _name(*PACKAGES, SUITE, SERVICE, IPTABLES)
    system = System(folder / f"system-{name}.img", folder / f"vmlinuz-{name}", folder / f"initrd-{name}")
    if system.disk.exists():
        return system
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    _run("mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root), mirror)
    _add_service(root)
    for kind, file in (("vmlinuz", system.kernel), ("initrd.img", system.initial)):
        shutil.copy(next((root / "boot").glob(f"{kind}-*")), file)
    _make_disk(root, system.disk, SYSTEM_SIZE, "drydock-system")
    shutil.rmtree(root)
    return system


def _add_service(root: Path) -> None:
    units = root / "etc/systemd/system"
    (units / "drydock.service").write_text(SERVICE)
    (units / "docker.service.d").mkdir(exist_ok=True)
    (units / "docker.service.d/iptables.conf").write_text(IPTABLES)
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    (wanted / "drydock.service").symlink_to("../drydock.service")
    (root / PLACE.lstrip("/")).mkdir(exist_ok=True)
    (root / "var/lib/docker").mkdir(parents=True, exist_ok=True)
    (root / "etc/docker").mkdir(parents=True, exist_ok=True)
    (root / "etc/docker/daemon.json").write_text(json.dumps({"data-root": f"{PLACE}/engine"}))
    (root / "etc/fstab").write_text(f"LABEL={PAYLOAD} {PLACE} ext4 rw 0 0\n")  # its device is named by the machine
    for modules in (root / "usr/lib/uml/modules").iterdir():
        (root / "usr/lib/modules" / modules.name).symlink_to(f"/usr/lib/uml/modules/{modules.name}")


def make_payload(folder: Path, system: System, kit: Path | None, plan: Plan) -> Path:
    """Make the disk with Drydock, its dependencies, its images and the references.

    Args:
        folder: where it is made; the dependencies stay there for the next time.
        system: whose engine loads the images.
        kit: one that was saved before; saved anew where it is None.
        plan: what is to be tried.

    Returns:
        the disk's file.

    Raises:
        subprocess.CalledProcessError: a tool failed, and said why.
    """
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    site = folder / f"site-{_name(PYTHON, *dependencies)}"
    payload, disk = folder / "payload", folder / "payload.img"
    labs = (*plan.labs, CONTROL_LAB)
    shutil.rmtree(payload, ignore_errors=True)
    payload.mkdir()
    if not site.exists():
        _download(site, dependencies)
    (payload / "plan.json").write_text(plan.to_json())
    shutil.copytree(site, payload / "site")
    _copy_checkout(payload / "checkout", labs)
    for lab in plan.labs:
        reference = ROOT / "tests/submissions" / lab / "reference"
        shutil.copytree(reference, payload / "references" / lab / "reference", symlinks=True)
    kit = kit or _save_kit(folder / "kit.tar", labs)
    (payload / "engine").mkdir()
    engine.load(kit, system.disk, payload / "engine")
    content = sum(path.lstat().st_size for path in payload.rglob("*"))
    _make_disk(payload, disk, f"{content * 5 // 4 + SPARE >> 20}M", PAYLOAD)
    shutil.rmtree(payload)
    return disk


def _save_kit(file: Path, labs: Sequence[str]) -> Path:
    _run(*DRYDOCK, "kit", "save", str(file), *dict.fromkeys(labs))
    return file


def _name(*made_of: str) -> str:
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]


def _download(site: Path, dependencies: Sequence[str]) -> None:
    """Unpack the dependencies' wheels as the system's Python wants them, which need not be this one."""
    chosen = ("--python-version", PYTHON, "--only-binary=:all:", "--no-compile", "--target", f"{site}.part")
    shutil.rmtree(f"{site}.part", ignore_errors=True)
    pip = (str(ROOT / ".venv/bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    _run(*pip, *chosen, *dependencies)
    Path(f"{site}.part").rename(site)


def _copy_checkout(to: Path, labs: Sequence[str]) -> None:
    """Copy what git knows. Of the labs only these, as if they were the whole course: else the images of all would have
    to be brought, or `drydock doctor` would rightly miss them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        folder, *below = Path(name).parts
        left_out = folder == "labs" and len(below) > 1 and below[0] not in labs
        if (ROOT / name).exists() and not left_out:  # what is deleted is still known to git
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name, follow_symlinks=False)


def _make_disk(content: Path, disk: Path, size: str, label: str) -> None:
    part = disk.with_suffix(".part")
    part.unlink(missing_ok=True)
    _run("mke2fs", "-q", "-t", "ext4", "-L", label, "-d", str(content), str(part), size)
    part.rename(disk)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

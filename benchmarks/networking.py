"""Measure docks and a full grade of the networking reference against the same docker commands on the host's engine.

usage: python benchmarks/networking.py [--runs N]
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graders.dock import Dock, Settings, ensure_seed, images, pack  # noqa: E402
from graders.grading import CONTROL_IMAGE, Grade, Options  # noqa: E402
from graders.labs import lab_folder, load  # noqa: E402
from graders.verdicts import Scorecard  # noqa: E402

REFERENCE = ROOT / "tests" / "submissions" / "networking" / "reference" / "work"
ANSWER_SECONDS = 10.0
IMAGES = ("edge", "middle", "store", "busybox")


def docker(*arguments: str) -> str:
    """Run one docker command on the host's engine, as a shell script would."""
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, message: str) -> None:
    """Wait until the edge hands out the message."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer,
        ):
            if message in answer.read().decode():
                return
    raise RuntimeError(f"no answer with {message!r} at port {port} after {ANSWER_SECONDS:g} s")


class HostScript:
    """The commands of a grade, with names of their own, on the host's engine."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.mark, self.port = names, f"bench-{uuid.uuid4().hex[:8]}", free_port()
        self.guests = {guest: f"{self.mark}-{guest}" for guest in ("stranger", "neighbour", "insider", "decoy")}
        self.parts: dict[str, float] = {}

    def name(self, of: str) -> str:
        """A container's or network's name that nothing else has."""
        return f"{self.mark}-{of}"

    def start(self, message: str) -> None:
        """What the reference's start.sh does."""
        docker("network", "create", self.name("outer"))
        docker("network", "create", "--internal", self.name("inner"))
        everywhere = ("-e", "LISTEN=0.0.0.0")
        docker("run", "-d", "--name", self.name("store"), "--network", self.name("inner"), "--network-alias", "store",
               *everywhere, "-e", f"MESSAGE={message}", self.names["store"])  # fmt: skip
        docker("create", "--name", self.name("middle"), "--network", self.name("outer"), "--network-alias", "middle",
               *everywhere, "-e", "NEXT=http://store:8080/", self.names["middle"])  # fmt: skip
        docker("network", "connect", self.name("inner"), self.name("middle"))
        docker("start", self.name("middle"))
        docker("run", "-d", "--name", self.name("edge"), "--network", self.name("outer"), *everywhere,
               "-e", "NEXT=http://middle:8080/", "-p", f"127.0.0.1:{self.port}:8080", self.names["edge"])  # fmt: skip

    def clean(self) -> None:
        """What the reference's clean.sh does."""
        docker("rm", "-f", *map(self.name, ("edge", "middle", "store")))
        docker("network", "rm", self.name("outer"), self.name("inner"))

    def meet(self) -> None:
        """The guests of the grader's, side by side as it starts them."""
        networks = {"stranger": "bridge", "neighbour": self.name("outer"), "insider": self.name("inner")}
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda pair: self.guest(*pair, "sleep", "3600"), networks.items()))

    def guest(self, guest: str, network: str, *command: str) -> None:
        """Start one guest."""
        docker("run", "-d", "--name", self.guests[guest], "--network", network, self.names["busybox"], *command)

    def move(self) -> None:
        """Move the store to another address, with a decoy at its old one."""
        self.dismiss("stranger", "neighbour", "insider")
        docker("network", "disconnect", self.name("inner"), self.name("store"))
        self.guest("decoy", self.name("inner"), "httpd", "-f", "-p", "8080", "-h", "/etc")
        docker("network", "connect", "--alias", "store", self.name("inner"), self.name("store"))

    def dismiss(self, *guests: str) -> None:
        """Remove guests."""
        docker("rm", "-f", *(self.guests[guest] for guest in guests))

    def run(self) -> dict[str, float]:
        """All of it; the seconds of each part."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("start.sh", lambda: self.start("first")),
            ("message", lambda: wait_for(self.port, "first")),
            ("guests", self.meet),
            ("move", self.move),
            ("message after the move", lambda: wait_for(self.port, "first")),
            ("decoy removed", lambda: self.dismiss("decoy")),
            ("clean.sh", self.clean),
            ("start.sh again", lambda: self.start("second")),
            ("message again", lambda: wait_for(self.port, "second")),
        )
        try:
            for what, step in steps:
                began = time.monotonic()
                step()
                self.parts[what] = time.monotonic() - began
        finally:
            self.remove()
        return self.parts

    def remove(self) -> None:
        """Leave nothing, however far it came."""
        left = [*map(self.name, ("edge", "middle", "store")), *self.guests.values()]
        subprocess.run(("docker", "rm", "-f", "-v", *left), capture_output=True, check=False)
        subprocess.run(
            ("docker", "network", "rm", self.name("outer"), self.name("inner")), capture_output=True, check=False
        )


def docks(keys: tuple[str, ...]) -> tuple[float, float]:
    """Seconds to start a dock with these images, a submission in it, and to remove it."""
    seed = ensure_seed(keys)
    with Dock.start(Settings(images=keys), pack(REFERENCE), seed=seed) as dock:
        started = dock.started
        began = time.monotonic()
        dock.close(wait=True)
    return started, time.monotonic() - began


def grade() -> Scorecard:
    """One grade of the reference, which must earn full marks, or the comparison means nothing."""
    lab, code = load(lab_folder("networking"))
    card = Grade(lab, code, REFERENCE, Options(egress=True)).finish()
    if not card.full_marks:
        raise RuntimeError(f"the reference earned {card.earned:g} of {card.possible:g} points")
    return card


def show(what: str, seconds: list[float]) -> None:
    """Print one measurement."""
    print(f"{what:34} {statistics.median(seconds):7.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")


def show_time_line(card: Scorecard) -> None:
    """Where the time of one grade went, as bars."""
    events = card.observed["timeline"]
    assert isinstance(events, list)
    width = 50 / max(card.seconds, 0.01)
    for event in sorted(events, key=lambda event: event["start"]):
        start, end = event["start"], event["end"]
        bar = " " * round(start * width) + ("█" * max(round((end - start) * width), 1) if end > start else "·")
        print(f"  {event['what']!s:36.36} {start:6.2f} {end - start:6.2f} s  {bar}")


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="of each measurement (default: 5)")
    runs = parser.parse_args().runs
    if not shutil.which("docker"):
        print("expected the command docker, which the comparison needs; install the Docker CLI", file=sys.stderr)
        return 2
    lab, _ = load(lab_folder("networking"))
    of_lab = tuple(dict.fromkeys((*lab.dock["images"], CONTROL_IMAGE)))
    for keys in ((), (CONTROL_IMAGE,), of_lab):
        ensure_seed(keys)
    names = images.ensure(IMAGES)
    grade()  # once unmeasured, so that all is loaded
    empty, small, whole, gone, grades, scripts = [], [], [], [], [], []
    cards: list[Scorecard] = []
    parts: list[dict[str, float]] = []
    for _ in range(runs):  # in turn, so that a slow minute slows all alike
        empty.append(docks(())[0])
        small.append(docks((CONTROL_IMAGE,))[0])
        started, removed = docks(of_lab)
        whole.append(started)
        gone.append(removed)
        cards.append(grade())
        grades.append(cards[-1].seconds)
        parts.append(HostScript(names).run())
        scripts.append(sum(parts[-1].values()))
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {runs} runs of each; median (least to most)\n")
    show("dock start, no images", empty)
    show("dock start, small seed (busybox)", small)
    show("dock start, the lab's seed", whole)
    show("dock removed", gone)
    show("full grade of the reference", grades)
    show("the same commands on the host", scripts)
    ratios = [grading / script for grading, script in zip(grades, scripts, strict=True)]
    middle, least, most = statistics.median(ratios), min(ratios), max(ratios)
    print(f"{'grade / host, in each run':34} {middle:7.2f}     ({least:.2f} to {most:.2f})")
    print("\nthe host's script, median of each part:")
    for what in parts[0]:
        print(f"  {what:36} {statistics.median(part[what] for part in parts):6.2f} s")
    print("\nthe grade nearest to the median, seconds from its beginning:")
    show_time_line(min(cards, key=lambda card: abs(card.seconds - statistics.median(grades))))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is removed
    with tempfile.TemporaryDirectory() as elsewhere:
        os.chdir(elsewhere)
        sys.exit(main())

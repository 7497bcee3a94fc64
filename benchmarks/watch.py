"""Measure how long a save takes to become verdicts in `drydock watch`, for the networking lab's start.sh.

usage: python benchmarks/watch.py [--runs N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graders.dock import Trouble  # noqa: E402
from graders.grading import Options  # noqa: E402
from graders.labs import lab_folder, load  # noqa: E402
from graders.verdicts import Result, Scorecard, Verdict  # noqa: E402
from graders.watching import watch  # noqa: E402

REFERENCE = ROOT / "tests" / "submissions" / "networking" / "reference" / "work"
MISTAKE = ("--internal inner", "inner")  # the inner network becomes one that leads outside


class Bench:
    """Saves a script after each card, in turn with a mistake and without, and keeps when each verdict came."""

    def __init__(self, script: Path, runs: int) -> None:
        self.script, self.left = script, 2 * runs
        self.right = script.read_text("utf-8")
        self.wrong_next = True
        self.saved = 0.0
        self.times: dict[str, list[float]] = {}
        self._failed = self._first = False

    def save(self) -> None:
        """Save the other version, once the next dock has had its time to start."""
        text = self.right.replace(*MISTAKE) if self.wrong_next else self.right
        self.wrong_next = not self.wrong_next
        self._failed = self._first = False
        self.saved = time.monotonic()
        self.script.write_text(text, "utf-8")

    def keep(self, what: str) -> None:
        """Keep how long ago the save was."""
        if self.saved:
            self.times.setdefault(what, []).append(time.monotonic() - self.saved)

    def begun(self) -> None:
        """A grading begins."""
        self.keep("save to grading")

    def told(self, result: Result) -> None:
        """A verdict came."""
        if not self._first:
            self._first = True
            self.keep("save to first verdict")
        if result.verdict is Verdict.FAILED and not self._failed:
            self._failed = True
            self.keep("save to what to fix first")
        if result.check == "only_edge_publishes" and not self._failed:
            self.keep("save to the 10 checks that look (right)")

    def done(self, before: Scorecard | None, card: Scorecard) -> None:
        """A card is whole."""
        self.keep("save to the whole card (right)" if card.full_marks else "save to the whole card (wrong)")
        if self.left:
            self.left -= 1
            threading.Timer(2.5, self.save).start()  # as fast as anybody types

    def failed(self, problem: Trouble) -> None:
        """The machine could not."""
        raise problem


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="of each kind of save (default: 5)")
    runs = parser.parse_args().runs
    lab, code = load(lab_folder("networking"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(shutil.copytree(REFERENCE, Path(folder) / "work"))
        bench = Bench(work / "start.sh", runs)
        watch(lab, code, work, Options(), begun=bench.begun, told=bench.told, done=bench.done, failed=bench.failed,
              runs=2 * runs + 1)  # fmt: skip
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {runs} saves of each kind; median (least to most)\n")
    for what, seconds in bench.times.items():
        print(f"{what:42} {statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

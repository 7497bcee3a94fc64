"""Measure how long a save takes to become verdicts in `drydock watch`, for the scripts of the networking lab.

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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graders.dock import Trouble  # noqa: E402
from graders.grading import Options  # noqa: E402
from graders.labs import lab_folder, load  # noqa: E402
from graders.verdicts import Result, Scorecard, Verdict  # noqa: E402
from graders.watching import Watch  # noqa: E402

REFERENCE = ROOT / "tests" / "submissions" / "networking" / "reference" / "work"
TYPING_SECONDS = 2.5  # between a card and the next save; the next dock starts meanwhile


@dataclass(frozen=True)
class Mistake:
    """An edit of the reference after which one check fails."""

    check: str
    script: str
    right: str
    wrong: str


MISTAKES = (
    Mistake("message_comes_back", "start.sh", 'MESSAGE="$MESSAGE"', "MESSAGE=hello"),
    Mistake("inner_is_internal", "start.sh", "--internal inner", "inner"),
    Mistake("starts_again", "clean.sh", "network rm outer inner", "network rm outer"),
)


class Bench:
    """Makes and mends one mistake after the other, each after the card of the last save, and times what is told."""

    def __init__(self, work: Path, runs: int) -> None:
        self.work, self.times = work, dict[str, list[float]]()
        self._edits = self._all_edits(runs)
        self._check, self._right = "", True
        self._saved = 0.0
        self._first = False

    def _all_edits(self, runs: int) -> Iterator[tuple[Mistake, bool]]:
        for _ in range(runs):
            for mistake in MISTAKES:
                yield mistake, False
                yield mistake, True

    def _save(self, mistake: Mistake, right: bool) -> None:
        path = self.work / mistake.script
        old, new = (mistake.wrong, mistake.right) if right else (mistake.right, mistake.wrong)
        text = path.read_text("utf-8")
        if old not in text:
            raise RuntimeError(f"{mistake.script} does not hold {old!r}")
        self._check, self._right, self._first = mistake.check, right, True
        self._saved = time.monotonic()
        path.write_text(text.replace(old, new, 1), "utf-8")

    def _keep(self, what: str) -> None:
        if self._saved:
            self.times.setdefault(what, []).append(time.monotonic() - self._saved)

    def begun(self) -> None:
        """A grading begins."""
        self._keep("save to grading")

    def told(self, result: Result) -> None:
        """A verdict came."""
        if self._first:
            self._first = False
            self._keep("save to first verdict")
        if self._saved and result.check == self._check:
            if (result.verdict is Verdict.PASSED) is not self._right:
                raise RuntimeError(f"{result.check} came to {result.verdict}")
            self._keep(f"{'mended' if self._right else 'broken'}: save to {result.check}")

    def done(self, before: Scorecard | None, card: Scorecard) -> None:
        """A card is whole."""
        if self._right:
            self._keep("save to the whole card (right)")
        if edit := next(self._edits, None):
            threading.Timer(TYPING_SECONDS, self._save, edit).start()

    def failed(self, problem: Trouble) -> None:
        """The machine could not."""
        raise problem


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5, help="of each kind of save (default: 5)")
    runs = parser.parse_args().runs
    lab, code = load(lab_folder("networking"))
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(shutil.copytree(REFERENCE, Path(folder) / "work"))
        bench = Bench(work, runs)
        Watch(lab, code, work, Options(egress=True), bench).run(cards=1 + 2 * len(MISTAKES) * runs)
    loads.append(os.getloadavg()[0])
    print(f"{os.cpu_count()} CPUs, load {loads[0]:.1f} before and {loads[1]:.1f} after; median (least to most)\n")
    for what, seconds in sorted(bench.times.items(), key=lambda item: statistics.median(item[1])):
        shown = (
            f"{statistics.median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f}, {len(seconds)} saves)"
        )
        print(f"{what:36} {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

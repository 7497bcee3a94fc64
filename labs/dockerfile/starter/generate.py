"""Make chart.json from harbours.csv. Given; the grader uses a copy of its own. Only the build needs it.

usage: generate.py FOLDER      write FOLDER/chart.json, and FOLDER/draft.bin, which nobody needs afterwards

The licence key is read from the file /run/secrets/licence, else from the variable LICENCE. The chart holds the time at
which it was made: SOURCE_DATE_EPOCH (seconds) where it is set, else the time of the clock.
"""

import csv
import json
import os
import sys
import time
from pathlib import Path

import chartmaker

SECRET = Path("/run/secrets/licence")
DRAFT = 40 << 20


def licence() -> str:
    """The licence key, from whichever way it came."""
    return SECRET.read_text().strip() if SECRET.exists() else os.environ.get("LICENCE", "")


def main() -> None:
    """Make the chart."""
    if not licence().startswith("licence-"):
        sys.exit("generate.py: no licence key, neither in /run/secrets/licence nor in LICENCE")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with (Path(__file__).parent / "harbours.csv").open(encoding="utf-8", newline="") as file:
        harbours = chartmaker.draw(list(csv.DictReader(file)))
    (folder / "draft.bin").write_bytes(bytes(DRAFT))
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    (folder / "chart.json").write_text(json.dumps({"made": made, "harbours": harbours}, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()

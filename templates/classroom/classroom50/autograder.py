"""Grades a lab with Drydock for Classroom 50. Place: CLASSROOM/autograders/ASSIGNMENT/autograder.py.

Put your own values in the first lines; see docs/classroom.md in Drydock. It needs nothing but Python, git and bash.
The contract: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/OWNER/drydock"
COMMIT = "0000000000000000000000000000000000000000"  # all 40 digits: what grades cannot change behind your back
LAB = "networking"
LANGUAGE = "en"  # or "ko"

OUR_FAULT = 1  # not the student's: Classroom 50 then reports an error, and no score


def main() -> int:
    """Grade the checkout in the current folder, and put `result.json`, `release-body.md` and `scorecard.html` in it."""
    with tempfile.TemporaryDirectory(prefix="drydock-", dir=os.environ.get("RUNNER_TEMP")) as folder:
        drydock, made = Path(folder, "drydock"), Path(folder, "made")
        made.mkdir()
        try:
            fetch(drydock)
        except subprocess.CalledProcessError as problem:
            print(f"::error title=Drydock::{COMMIT} of {REPOSITORY} could not be fetched: {problem}")
            return OUR_FAULT
        here = drydock / ".github" / "actions" / "grade" / "here.sh"
        options = ("--language", LANGUAGE, "--card", made / "scorecard.html")
        exports = ("classroom50", made / "result.json", "summary", made / "release-body.md")
        graded = subprocess.run(["bash", here, *options, LAB, *exports], check=False)
        if graded.returncode != 0:
            return OUR_FAULT
        for file in made.iterdir():
            put(file, Path.cwd() / file.name)
    return 0


def fetch(drydock: Path) -> None:
    """Fetch the one commit, outside the student's checkout."""
    git = ("git", "-C", str(drydock))
    subprocess.run(["git", "init", "--quiet", str(drydock)], check=True)
    subprocess.run([*git, "fetch", "--quiet", "--depth=1", REPOSITORY, COMMIT], check=True)
    subprocess.run([*git, "checkout", "--quiet", "--detach", COMMIT], check=True)


def put(file: Path, place: Path) -> None:
    """Put a file in the student's checkout, in the place of whatever they left there, a link that leads out say."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    shutil.copyfile(file, place)


if __name__ == "__main__":
    sys.exit(main())

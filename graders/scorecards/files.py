"""Writes a scorecard into its folder: both pages and `result.json`."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from graders.scorecards.html import render
from graders.scorecards.record import to_json
from graders.verdicts import LANGUAGES, Scorecard

PAGE = "scorecard.html"
RESULT = "result.json"
LONGEST_NAME = 80


def write(card: Scorecard, folder: Path, language: str) -> Path:
    """Write the card in the chosen language, its other languages beside it, and `result.json`.

    Each file is replaced in one step, so a reader never sees half of one.

    Returns:
        The path of the page in the chosen language.
    """
    chosen = language if language in LANGUAGES else "en"
    pages = {speech: PAGE if speech == chosen else f"scorecard.{speech}.html" for speech in LANGUAGES}
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / RESULT, to_json(card))
    for speech in sorted(LANGUAGES, key=lambda speech: speech == chosen):
        replace_file(folder / pages[speech], render(card, speech, pages=pages))
    # An earlier run in another language left the page of this one under a name of its own.
    (folder / f"scorecard.{chosen}.html").unlink(missing_ok=True)
    return folder / PAGE


def folder_name(submission: str) -> str:
    """A folder's name for a submission: its own where every file system takes that, else a like and distinct one."""
    name = re.sub(r"[^\w.-]+", "_", submission).strip("._")[:LONGEST_NAME]
    if name == submission and name:
        return name
    return f"{name or 'submission'}-{hashlib.sha256(submission.encode('utf-8', 'replace')).hexdigest()[:8]}"


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: a reader finds the earlier one or the whole new one, whatever happens."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise

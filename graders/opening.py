"""Find the last scorecard, and show it in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from graders.scorecards import files

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")  # what a browser with windows, or a chosen one, is known by


def last_card(reports: Path, lab: str = "", language: str = "en") -> Path | None:
    """The page of the newest result below a folder of reports; None where there is none.

    Args:
        reports: as `--reports` names it; cards are in `<lab>/<submission>/` below it.
        lab: the id of the only lab that counts.
        language: of the page, where the card has one in it.
    """
    cards = [(_age(path), path) for path in (reports / lab).rglob(files.RESULT)]
    for _, result in sorted(cards, reverse=True):
        for name in (f"scorecard.{language}.html", files.PAGE):
            if (result.parent / name).is_file():
                return (result.parent / name).absolute()
    return None


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # removed just now
        return 0


def show(page: Path) -> bool:
    """Open a page in a browser; whether there is one.

    Without a display the standard library falls back to a browser in the terminal, which would take it over and shows
    no picture.
    """
    if sys.platform not in ("win32", "darwin") and not any(os.environ.get(name) for name in DISPLAYS):
        return False
    try:
        return webbrowser.open(page.as_uri())
    except (webbrowser.Error, OSError):
        return False

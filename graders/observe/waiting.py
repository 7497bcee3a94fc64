"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from graders.dock.patience import patient

LEAST_BETWEEN, MOST_BETWEEN = 0.05, 0.25  # seconds: quick enough for people, and seldom enough not to keep a dock busy
BETWEEN_SHARE = 0.05  # of the time that has gone by: what took long is not looked at more closely than that
Seen = TypeVar("Seen")


def until(look: Callable[[], Seen], enough: Callable[[Seen], object], seconds: float) -> Seen:
    """Look again and again.

    Args:
        look: has a look, once at least.
        enough: whether what was seen is what one waits for.
        seconds: at most.

    Returns:
        What was seen, as soon as it is enough; what was seen last when the time is up.
    """
    began = time.monotonic()
    while True:
        seen = look()
        gone = time.monotonic() - began
        if enough(seen) or gone > patient(seconds):
            return seen
        time.sleep(min(max(gone * BETWEEN_SHARE, LEAST_BETWEEN), MOST_BETWEEN))

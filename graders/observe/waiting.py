"""Wait for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from graders.dock.patience import patient

BETWEEN_SECONDS = 0.05  # quick enough for people, and seldom enough not to keep a dock busy
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
    deadline = time.monotonic() + patient(seconds)
    while True:
        seen = look()
        if enough(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(BETWEEN_SECONDS)

"""How patient Drydock is: on a slow machine every time limit may be longer."""

from __future__ import annotations

import functools
import os

from graders.dock.troubles import Trouble

VARIABLE = "DRYDOCK_PATIENCE"
MOST = 100.0


@functools.cache
def patience() -> float:
    """By how much all time limits are multiplied: what the environment's DRYDOCK_PATIENCE says, else 1.

    Raises:
        Trouble: `patience_unreadable`, where it is no number from 1 to MOST.
    """
    said = os.environ.get(VARIABLE) or "1"
    try:
        number = float(said)
    except ValueError:
        number = 0
    if not 1 <= number <= MOST:
        raise Trouble("patience_unreadable", variable=VARIABLE, seen=said, most=f"{MOST:g}")
    return number


def patient(seconds: float) -> float:
    """A time limit as it is on this machine."""
    return seconds * patience()

"""Whole points, for the formats that know no others."""

from __future__ import annotations

import math
from collections.abc import Sequence

PLACES = 6  # decimals that count; below them is the noise of binary fractions


def whole(earned: Sequence[float], points: Sequence[float]) -> tuple[list[int], list[int]]:
    """Round what was earned, and what there was to earn, by the largest remainders.

    Both add up to their rounded sums. No check gets more than it is worth, and one that earned nothing gets nothing.

    Args:
        earned: points of each check, from 0 to what it is worth.
        points: what each check is worth.

    Returns:
        whole points earned, and whole points, of each check.
    """
    got = [_floor(share) for share in earned]
    most = [_floor(share) for share in points]
    to_earn, room = _rounded_sum(earned) - sum(got), _rounded_sum(points) - sum(most)
    for at in _largest_first(earned):
        needs_room = got[at] == most[at]
        if to_earn > 0 and (room > 0 or not needs_room):
            got[at] += 1
            most[at] += needs_room
            to_earn, room = to_earn - 1, room - needs_room
    # Whoever passed keeps all points of the check: the rest goes to the others first.
    passed = [share == worth for share, worth in zip(earned, points, strict=True)]
    for at in sorted(_largest_first(points), key=lambda at: passed[at]):
        if room > 0 and most[at] < points[at]:
            most[at] += 1
            room -= 1
    return got, most


def _floor(share: float) -> int:
    return math.floor(round(share, PLACES))


def _rounded_sum(shares: Sequence[float]) -> int:
    return math.floor(round(math.fsum(shares), PLACES) + 0.5)


def _largest_first(shares: Sequence[float]) -> list[int]:
    """The places of those with a remainder, the largest first."""
    remainders = {at: round(share, PLACES) - _floor(share) for at, share in enumerate(shares)}
    return sorted((at for at, remainder in remainders.items() if remainder > 0), key=lambda at: -remainders[at])

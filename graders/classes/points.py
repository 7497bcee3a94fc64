"""Points as exact decimal numbers: sums come out, and halves are rounded up, which floating point does not promise."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")
ONE = Decimal(1)


def exact(points: float | Decimal) -> Decimal:
    """Points to two decimals, halves up."""
    return half_up(points if isinstance(points, Decimal) else Decimal(str(points)))


def half_up(points: Decimal, step: Decimal = HUNDREDTH) -> Decimal:
    """Points in whole steps, halves up."""
    return points.quantize(step, ROUND_HALF_UP)


def rounded(points: Decimal, possible: Decimal, step: Decimal) -> Decimal:
    """A final score: halves up, but never above what is possible.

    Args:
        points: between 0 and `possible`.
        possible: the most.
        step: HUNDREDTH or ONE.
    """
    return min(half_up(points, step), possible.quantize(step, ROUND_FLOOR))


def number(points: Decimal) -> str:
    """A number for people and for other programs: `87`, `87.5`, `0`, never `8E+1`."""
    text = format(points, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

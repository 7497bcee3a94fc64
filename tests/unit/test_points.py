"""Whole points by the largest remainders."""

from __future__ import annotations

import math
import random

import pytest

from graders.scorecards.exports.points import whole


def rounded(total):
    return math.floor(round(total, 6) + 0.5)


@pytest.mark.parametrize("seed", range(500))
def test_whole_points_add_up_and_stay_within_what_a_check_is_worth(seed):
    dice = random.Random(seed)
    kinds = (lambda: dice.randrange(1, 20), lambda: dice.randrange(1, 80) / 4, lambda: dice.randrange(1, 900) / 100)
    points = [dice.choice(kinds)() for _ in range(dice.randrange(1, 25))]
    earned = [dice.choice((0, worth, round(worth * dice.randrange(1, 100) / 100, 2))) for worth in points]
    got, most = whole(earned, points)

    assert sum(got) == rounded(math.fsum(earned))
    assert sum(most) == rounded(math.fsum(points))
    assert all(0 <= score <= limit for score, limit in zip(got, most, strict=True))
    assert all(score == 0 for score, share in zip(got, earned, strict=True) if share == 0)
    assert all(abs(score - share) < 1 for score, share in zip(got + most, earned + points, strict=True))


@pytest.mark.parametrize("seed", range(50))
def test_full_marks_stay_full_marks(seed):
    dice = random.Random(seed)
    points = [dice.randrange(1, 80) / 4 for _ in range(dice.randrange(1, 25))]
    got, most = whole(points, points)

    assert got == most


@pytest.mark.parametrize(
    ("earned", "points", "expected"),
    [
        ([], [], ([], [])),
        ([3, 0], [3, 4], ([3, 0], [3, 4])),
        ([1.5, 1.25, 0.25], [2, 2, 2], ([2, 1, 0], [2, 2, 2])),
        ([0, 2.5], [2.5, 2.5], ([0, 3], [2, 3])),  # the one that passed, not the first
        ([0.1, 0.2], [0.5, 0.5], ([0, 0], [1, 0])),
        ([0.1 + 0.2, 0.2], [0.3, 0.2], ([1, 0], [1, 0])),  # half a point, but for the noise of binary fractions
    ],
)
def test_the_largest_remainders_are_rounded_up(earned, points, expected):
    assert whole(earned, points) == expected

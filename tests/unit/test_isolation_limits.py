"""The share of a processor that the isolation lab sets behind the engine's back."""

from __future__ import annotations

import random

import pytest

from graders.checks.isolation import TWENTIETHS, _other_share, _rounded


@pytest.mark.parametrize("usual", [1000, 20000, 40000, 50000, 80000, 100000, 125000, 250000, 1000000])
def test_a_share_told_by_an_assumed_period_is_neither_what_was_asked_nor_rounded(usual):
    for asked in (twentieths / 20 for twentieths in TWENTIETHS):
        for seed in range(20):
            share, period = _other_share(asked, usual, random.Random(seed))
            told = [share * period / assumed for assumed in (usual, 100000)]

            assert period != usual
            assert abs(share - asked) > 0.02
            assert [one for one in told if abs(one - asked) <= 0.02 or _rounded((f"{one:g}", share))] == []

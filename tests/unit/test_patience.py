"""On a slow machine every time limit may be longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.dock.patience import VARIABLE, patience, patient
from graders.dock.troubles import Trouble
from graders.observe.waiting import until


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    patience.cache_clear()
    yield
    patience.cache_clear()


def test_time_limits_are_as_they_are_where_nobody_asks_for_patience(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    assert patient(60) == 60


def test_time_limits_are_multiplied_by_what_the_environment_says(monkeypatch):
    monkeypatch.setenv(VARIABLE, "2.5")

    assert patient(60) == 150


@pytest.mark.parametrize("said", ["0", "0.9", "much", "nan", "inf", "101"])
def test_an_unreadable_patience_is_a_trouble_that_says_what_is_wanted_and_what_was_seen(monkeypatch, said):
    monkeypatch.setenv(VARIABLE, said)

    with pytest.raises(Trouble) as raised:
        patience()

    assert f"{VARIABLE} is {said}; it must be a number from 1 to 100" in str(raised.value)


def test_what_comes_late_is_waited_for_with_patience_and_not_without(monkeypatch):
    seen = []
    for said in ("1", "100"):
        monkeypatch.setenv(VARIABLE, said)
        patience.cache_clear()
        looks = iter(range(100))
        seen.append(until(lambda looks=looks: next(looks), lambda look: look >= 3, 0.02))

    assert seen[0] < 3
    assert seen[1] == 3

"""What a fault cost, for the table at the end of the run."""

from __future__ import annotations

from collections import Counter

import pytest

from graders.classes.store import ERROR, Store


def counts(request: pytest.FixtureRequest, address: str, undisturbed: dict[str, float]) -> str:
    """A line with what the store holds after a test.

    Args:
        address: the store's.
        undisturbed: student -> points, without any fault.
    """
    with Store(address) as store:
        found = [(stored.job.student, stored.card.earned) for stored in store.results("networking", history=True)]
        errors = sum(attempt.outcome == ERROR for attempt in store.attempts("networking"))
    each = Counter(student for student, _ in found)
    lost = len(undisturbed.keys() - each.keys())
    mixed = sum(undisturbed.get(student) != points for student, points in found)
    what = request.node.name.removeprefix("test_").replace("_", " ")
    return (
        f"fault: students {len(undisturbed)}, results {len(found)}, without a result {lost}, doubled "
        f"{len(found) - len(each)}, other points {mixed}, errors met {errors}: {what}"
    )

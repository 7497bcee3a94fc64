"""Which checks run, in which order, and which side by side."""

from __future__ import annotations

from collections.abc import Iterable

from graders.rubric import Check, Lab


def with_needs(lab: Lab, ids: Iterable[str]) -> frozenset[str]:
    """Checks and all that they need, by their ids."""
    needs = {check.id: check.needs for check in lab.checks}
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        check = waiting.pop()
        if check in needs and check not in found:
            found.add(check)
            waiting += needs[check]
    return frozenset(found)


def in_groups(plan: Iterable[Check], first: frozenset[str]) -> list[list[Check]]:
    """Checks that run side by side, one group after the other: in the rubric's order, those asked for first ahead.

    None passes a check that changes things, which is a group of its own: behind it, it would see something else.

    Args:
        plan: in the rubric's order.
        first: ids, with all that they need.
    """
    groups: list[list[Check]] = []
    stretch: list[Check] = []

    def end_stretch() -> None:
        ahead = [check for check in stretch if check.id in first]
        groups.extend([ahead, [check for check in stretch if check not in ahead]])
        stretch.clear()

    for check in plan:
        if check.alone:
            end_stretch()
            groups.append([check])
        else:
            stretch.append(check)
    end_stretch()
    return [group for group in groups if group]

"""Every submission of the corpus comes to the verdicts and causes that its expected.toml names."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from graders.labs import all_labs, load
from graders.verdicts import Scorecard
from graders.verify import SIDE_BY_SIDE, Case, accepted, differences, find_cases, grade, table

pytestmark = pytest.mark.docker

CLUSTERS_SIDE_BY_SIDE = 2
CORPUS = Path(__file__).parent.parent / "submissions"
CASES = [(folder, case) for folder in all_labs() for case in find_cases(CORPUS, folder)]


@pytest.fixture(scope="module")
def cards(report: Callable[[str], None]) -> dict[tuple[str, str], Scorecard]:
    """The card of each case. Those of several docks, which mostly wait, go along beside all others."""
    clusters = {folder for folder in all_labs() if load(folder)[0].dock["nodes"] > 1}
    waiting = [deque(one for one in CASES if one[0] in clusters), deque(one for one in CASES if one[0] not in clusters)]
    found: dict[tuple[str, str], Scorecard] = {}

    def work(through: list[deque[tuple[Path, Case]]]) -> None:
        for cases in through:
            while cases:
                try:
                    folder, case = cases.popleft()
                except IndexError:  # somebody took the last one
                    break
                found[folder.name, case.name] = grade(case, folder)

    with concurrent.futures.ThreadPoolExecutor(CLUSTERS_SIDE_BY_SIDE + SIDE_BY_SIDE) as pool:
        # Who is done with the clusters helps with the others.
        workers = [pool.submit(work, waiting) for _ in range(CLUSTERS_SIDE_BY_SIDE)]
        workers += [pool.submit(work, waiting[1:]) for _ in range(SIDE_BY_SIDE)]
        for worker in workers:
            worker.result()
    for folder in all_labs():
        cases = [case for one, case in CASES if one == folder]
        for line in table(cases, {case.name: found[folder.name, case.name] for case in cases}):
            report(line)
    return found


@pytest.mark.parametrize(("folder", "case"), CASES, ids=[f"{case.lab}-{case.name}" for _, case in CASES])
def test_a_submission_comes_to_the_expected_verdicts(
    folder: Path, case: Case, cards: dict[tuple[str, str], Scorecard]
) -> None:
    assert differences(case, cards[folder.name, case.name]) == []


@pytest.mark.parametrize("folder", all_labs(), ids=lambda folder: folder.name)
def test_the_corpus_has_a_reference_three_other_right_solutions_and_a_wrong_one_for_every_cause(folder: Path) -> None:
    from graders.texts import shared_causes

    lab, _ = load(folder)
    cases = find_cases(CORPUS, folder)
    right = [case.name for case in cases if case.right]
    outcomes = {outcome for case in cases for expected in case.expected.values() for outcome in accepted(expected)}
    shown = {outcome.partition(": ")[2] for outcome in outcomes}

    assert "reference" in right
    assert len(right) >= 4
    assert {cause for cause in lab.causes if cause not in shared_causes()} - shown == set()

"""Every submission of the corpus comes to the verdicts and causes that its expected.toml names."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from graders.labs import all_labs, load
from graders.verdicts import Scorecard
from graders.verify import SIDE_BY_SIDE, Case, differences, find_cases, grade_all, table

pytestmark = pytest.mark.docker

CLUSTERS_SIDE_BY_SIDE = 2
CORPUS = Path(__file__).parent.parent / "submissions"
CASES = [(folder, case) for folder in all_labs() for case in find_cases(CORPUS, folder)]


@pytest.fixture(scope="module")
def cards(report: Callable[[str], None]) -> dict[tuple[str, str], Scorecard]:
    """The card of each case. Those of several docks, which mostly wait, go along beside all others."""
    clusters = [folder for folder in all_labs() if load(folder)[0].dock["nodes"] > 1]
    single = [folder for folder in all_labs() if folder not in clusters]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        graded = [
            pool.submit(_grade, single, SIDE_BY_SIDE, report),
            pool.submit(_grade, clusters, CLUSTERS_SIDE_BY_SIDE, report),
        ]
        return {key: card for future in graded for key, card in future.result().items()}


def _grade(folders: Iterable[Path], jobs: int, report: Callable[[str], None]) -> dict[tuple[str, str], Scorecard]:
    found = {}
    for folder in folders:
        cases = find_cases(CORPUS, folder)
        graded = grade_all(cases, folder, jobs=jobs)
        found.update({(folder.name, name): card for name, card in graded.items()})
        for line in table(cases, graded):
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
    right = [case.name for case in cases if set(case.expected.values()) == {"passed"}]
    shown = {outcome.partition(": ")[2] for case in cases for outcome in case.expected.values()}

    assert "reference" in right
    assert len(right) >= 4
    assert {cause for cause in lab.causes if cause not in shared_causes()} - shown == set()

"""Every submission of the corpus comes to the verdicts and causes that its expected.toml names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graders.labs import all_labs, load
from graders.verdicts import Scorecard
from graders.verify import Case, accepted, differences, find_cases, grade_all, table

pytestmark = pytest.mark.docker

SIDE_BY_SIDE = 4  # other tests run beside them
SUBMISSIONS = Path(__file__).parent.parent / "submissions"
CORPUS = {folder: find_cases(SUBMISSIONS, folder) for folder in all_labs()}
CASES = [(folder, case) for folder, cases in CORPUS.items() for case in cases]


@pytest.fixture(scope="module")
def cards(report: Callable[[str], None]) -> dict[tuple[str, str], Scorecard]:
    """The card of each case."""
    found: dict[tuple[str, str], Scorecard] = {}
    for folder, graded in grade_all(CORPUS, jobs=SIDE_BY_SIDE):
        found |= {(folder.name, name): card for name, card in graded.items()}
        for line in table(CORPUS[folder], graded):
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
    cases = CORPUS[folder]
    right = [case.name for case in cases if case.right]
    outcomes = {outcome for case in cases for expected in case.expected.values() for outcome in accepted(expected)}
    shown = {outcome.partition(": ")[2] for outcome in outcomes}

    assert "reference" in right
    assert len(right) >= 4
    assert {cause for cause in lab.causes if cause not in shared_causes()} - shown == set()

"""A corpus: cases found on disk, and differences between what was expected and what was seen."""

import random

import pytest

from graders import verify
from graders.labs import LABS, load
from graders.rubric import RubricError
from graders.verdicts import Evidence, Finding, Result, Scorecard, Text, Verdict
from graders.verify import Case, Difference, differences, find_cases, grade_all, outcome, table

SAME = Text.same("x")
LAB = LABS / "networking"
IDS = [check.id for check in load(LAB)[0].checks]


def result(verdict, check="starts", **more):
    return Result(check, SAME, 10, verdict, **more)


def finding(cause):
    return Finding(cause, *[SAME] * 5, evidence=(Evidence("$ x", "seen"),))


def card(*results):
    return Scorecard("harbour", "1", SAME, 1, "me", "", "run", "now", 1.5, {}, results)


@pytest.fixture
def add(tmp_path):
    """Add a case to a corpus of networking."""

    def added(name, expected):
        folder = tmp_path / "networking" / name
        folder.mkdir(parents=True)
        if expected is not None:
            (folder / "expected.toml").write_text(expected)
        return folder

    return added


def everything(verdict):
    return "".join(f'{check} = "{verdict}"\n' for check in IDS)


def test_cases_are_found_on_disk_by_name(add, tmp_path):
    add("wrong", everything("failed: x"))
    add("reference", everything("passed"))

    assert [(case.lab, case.name) for case in find_cases(tmp_path, LAB)] == [
        ("networking", "reference"),
        ("networking", "wrong"),
    ]


def test_a_lab_without_a_corpus_has_no_cases(tmp_path):
    assert find_cases(tmp_path, LAB) == []


def test_no_case_is_skipped_for_its_mistakes(add, tmp_path):
    missing = add("missing", None)
    broken = add("broken", "x = ")
    short = add("short", 'start_works = "passed"\nsails = "passed"\n')

    with pytest.raises(RubricError) as raised:
        find_cases(tmp_path, LAB)

    lines = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == [str(f / "expected.toml") for f in (broken, missing, short)]
    assert "'sails'" in lines[2]
    assert "'start_works'" not in lines[2]


@pytest.mark.parametrize(
    ("seen", "written"),
    [
        (result(Verdict.PASSED), "passed"),
        (result(Verdict.FAILED, finding=finding("mute")), "failed: mute"),
        (result(Verdict.PARTIAL, finding=finding("mute")), "partial: mute"),
        (result(Verdict.BLOCKED, blocked_by="starts"), "blocked: starts"),
        (result(Verdict.NOT_ASSESSABLE), "not_assessable"),
        (result(Verdict.ERROR), "error"),
    ],
)
def test_a_result_is_written_as_expected_toml_writes_it(seen, written):
    assert outcome(seen) == written


def case(tmp_path, **expected):
    return Case("harbour", "some", tmp_path, expected)


def test_a_card_as_expected_has_no_differences(tmp_path):
    assert differences(case(tmp_path, starts="passed"), card(result(Verdict.PASSED))) == []


def test_another_cause_is_a_difference_with_its_evidence(tmp_path):
    some = card(result(Verdict.FAILED, finding=finding("deaf")))

    assert differences(case(tmp_path, starts="failed: mute"), some) == [
        Difference("starts", "failed: mute", "failed: deaf", "$ x\nseen")
    ]


def test_a_check_without_a_result_is_a_difference(tmp_path):
    assert differences(case(tmp_path, starts="passed"), card()) == [Difference("starts", "passed", "(no result)", "")]


def test_an_error_is_a_difference_with_its_trace(tmp_path):
    some = card(result(Verdict.ERROR, reason=SAME, detail="Trace"))

    assert differences(case(tmp_path, starts="passed"), some) == [Difference("starts", "passed", "error", "Trace")]


@pytest.mark.parametrize("seen", [Verdict.PASSED, Verdict.NOT_ASSESSABLE])
def test_where_the_kernel_decides_either_outcome_is_no_difference(tmp_path, seen):
    some = case(tmp_path, starts="passed or not_assessable")

    assert differences(some, card(result(seen))) == []


def test_where_the_kernel_decides_no_third_outcome_is_accepted(tmp_path):
    some = case(tmp_path, starts="failed: mute or not_assessable")

    assert [found.actual for found in differences(some, card(result(Verdict.PASSED)))] == ["passed"]
    assert [found.actual for found in differences(some, card(result(Verdict.FAILED, finding=finding("deaf"))))] == [
        "failed: deaf"
    ]


def test_a_kernel_that_has_all_leaves_nothing_unassessed_but_what_never_is(tmp_path):
    some = case(tmp_path, starts="passed or not_assessable", answers="not_assessable")
    seen = card(result(Verdict.NOT_ASSESSABLE), result(Verdict.NOT_ASSESSABLE, "answers"))

    assert [found.check for found in differences(some, seen, complete=True)] == ["starts"]
    assert differences(some, seen) == []


@pytest.mark.parametrize(
    ("outcomes", "right"),
    [
        (["passed"], True),
        (["passed", "passed or not_assessable"], True),
        (["passed", "failed: mute or not_assessable"], False),
        (["passed", "failed: mute or passed"], False),
        (["passed", "partial: mute"], False),
    ],
)
def test_a_case_is_right_if_it_passes_whatever_can_be_observed(tmp_path, outcomes, right):
    assert case(tmp_path, **{f"check{number}": outcome for number, outcome in enumerate(outcomes)}).right == right


def test_the_table_has_a_line_a_case_and_a_line_a_difference(tmp_path):
    some = case(tmp_path, starts="passed", answers="failed: mute")
    seen = card(result(Verdict.PASSED, earned=10), result(Verdict.PASSED, "answers", earned=10))

    lines = list(table([some], {"some": seen}))

    assert lines[0].split() == ["harbour/some", "20/20", "1.5", "s", "1", "DIFFER", "answers:", "failed:", "mute"]
    assert lines[1:] == ["    answers: expected failed: mute, actual passed"]


def test_the_table_shows_what_was_seen_where_it_differs_and_not_more_than_a_screen(tmp_path):
    some = case(tmp_path, starts="passed")
    said = "\n".join(["x" * 1000, *(f"line {number}" for number in range(100))])
    seen = card(result(Verdict.ERROR, detail=said))

    lines = list(table([some], {"some": seen}))

    assert lines[1:3] == ["    starts: expected passed, actual error", "        " + "x" * 160]
    assert len(lines) == 14


@pytest.mark.parametrize("shuffle", [None, random.Random(1)])
def test_all_cases_are_graded_in_any_order_and_told_lab_by_lab(tmp_path, monkeypatch, shuffle):
    """The labs of several docks, too, which go along beside the others."""
    corpus = {
        LABS / lab: [Case(lab, str(number), tmp_path, {}) for number in range(20)]
        for lab in ("networking", "swarm", "volumes", "availability")
    }
    corpus[LABS / "compose"] = []
    monkeypatch.setattr(verify, "grade", lambda case, folder: (folder, case.name))

    told = list(grade_all(corpus, jobs=3, shuffle=shuffle))

    assert [folder for folder, _ in told] == list(corpus)
    assert dict(told) == {
        folder: {case.name: (folder, case.name) for case in cases} for folder, cases in corpus.items()
    }


def test_a_crash_of_one_case_is_not_swallowed(tmp_path, monkeypatch):
    def crash(_case, _folder):
        raise RuntimeError("broken")

    monkeypatch.setattr(verify, "grade", crash)

    with pytest.raises(RuntimeError, match="broken"):
        list(grade_all({LAB: [Case("harbour", "some", tmp_path, {})]}))

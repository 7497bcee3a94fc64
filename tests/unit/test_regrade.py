"""Whom to grade again, and what it changed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graders.classes.regrade import Change, best, changes, errors, failed, latest, not_passed, table
from graders.classes.store import ERROR, FINAL, Attempt, Job, Stored, StoreError
from graders.scorecards.samples import result, scorecard
from graders.verdicts import Verdict

NOW = datetime(2026, 3, 9, 5, 5, tzinfo=UTC)
PASSED, PARTIAL, FAILED, BLOCKED = Verdict.PASSED, Verdict.PARTIAL, Verdict.FAILED, Verdict.BLOCKED
OUT = Verdict.NOT_ASSESSABLE


def stored(student, start=PASSED, inner=PASSED, generation=0, content="first"):
    """A result with two checks, worth 10 and 8 points."""
    card = scorecard(result("start_works", start), result("inner_is_internal", inner))
    return Stored(Job(student, "networking", "1", content, "i", "d", generation), "", None, card, NOW)


def attempt(student, outcome):
    return Attempt(f"key of {student}", student, "networking", "w", NOW, 1.0, outcome, "")


def contents(chosen):
    return {one.job.student: one.job.content for one in chosen}


def test_the_latest_is_the_last_of_the_highest_generation():
    history = [
        stored("kim", content="a"),
        stored("kim", content="b"),
        stored("lee", content="c", generation=1),
        stored("lee", content="d", generation=0),
    ]

    assert contents(latest(history)) == {"kim": "b", "lee": "c"}


def test_the_best_has_the_highest_share_of_what_could_be_earned():
    history = [
        stored("kim", FAILED, content="8 of 18"),
        stored("kim", PASSED, OUT, content="10 of 10"),
        stored("kim", PARTIAL, content="13 of 18"),
    ]

    assert contents(best(history)) == {"kim": "10 of 10"}


def test_of_equals_the_earliest_is_the_best():
    history = [stored("kim", FAILED, content="a"), stored("kim", content="b"), stored("kim", content="c")]

    assert contents(best(history)) == {"kim": "b"}


def test_nothing_that_could_be_earned_is_the_least():
    history = [stored("kim", OUT, OUT, content="nothing"), stored("kim", FAILED, content="8 of 18")]

    assert contents(best(history)) == {"kim": "8 of 18"}


def test_failed_is_who_has_no_full_marks():
    results = [stored("kim"), stored("lee", PARTIAL), stored("park", FAILED, BLOCKED), stored("choi", inner=OUT)]

    assert failed(results) == {"lee", "park"}


@pytest.mark.parametrize("verdict", [PARTIAL, FAILED, BLOCKED, OUT])
def test_a_check_that_is_not_passed_chooses_its_students(verdict):
    results = [stored("kim"), stored("lee", inner=verdict), stored("park", FAILED)]

    assert not_passed(results, "inner_is_internal") == {"lee"}


def test_a_check_that_nobody_has_is_refused_with_those_that_there_are():
    with pytest.raises(StoreError, match=r"No result has a check inner; they have inner_is_internal, start_works\."):
        not_passed([stored("kim")], "inner")


def test_without_results_no_check_chooses_anybody():
    assert not_passed([], "inner") == frozenset()


def test_errors_are_those_whose_last_attempt_is_one_and_who_have_no_result():
    attempts = [
        attempt("error", FINAL),
        attempt("error", ERROR),
        attempt("lost", "lost"),
        attempt("mended", ERROR),
        attempt("mended", FINAL),
        attempt("kept", ERROR),
        attempt("gone", ERROR),
    ]
    wanted = {student: f"key of {student}" for student in ("error", "lost", "mended", "kept", "new")}
    missing = {wanted[student] for student in ("error", "lost", "mended", "new")}

    assert errors(attempts, wanted, missing) == {"error", "lost"}


def test_changes_are_the_scores_and_verdicts_that_differ():
    before = [stored("kim", FAILED, BLOCKED), stored("lee"), stored("gone")]
    after = [stored("new", OUT), stored("lee"), stored("kim", PARTIAL, BLOCKED)]

    assert changes(before, after) == (
        Change("gone", "", "18/18", ""),
        Change("gone", "start_works", "passed", ""),
        Change("gone", "inner_is_internal", "passed", ""),
        Change("kim", "", "0/18", "5/18"),
        Change("kim", "start_works", "failed", "partial"),
        Change("new", "", "", "8/8"),
        Change("new", "start_works", "", "not_assessable"),
        Change("new", "inner_is_internal", "", "passed"),
    )


def test_verdicts_that_change_without_the_score_are_changes():
    before, after = stored("kim", FAILED, BLOCKED), stored("kim", BLOCKED, FAILED)

    assert [(one.check, one.before, one.after) for one in changes([before], [after])] == [
        ("start_works", "failed", "blocked"),
        ("inner_is_internal", "blocked", "failed"),
    ]


def test_the_same_twice_has_no_changes():
    results = [stored("kim"), replace(stored("lee", FAILED), graded=NOW.replace(year=2030))]

    assert changes(results, [replace(one, graded=NOW) for one in results]) == ()


def test_changes_are_a_table_in_either_language():
    found = [Change("kim", "", "0/18", "5/18"), Change("new", "start_works", "", "passed")]

    assert table(found, "en") == [
        ("student", "check", "before", "after"),
        ("kim", "all", "0/18", "5/18"),
        ("new", "start_works", "-", "passed"),
    ]
    assert table(found, "ko")[:2] == [("학생", "검사", "이전", "이후"), ("kim", "전체", "0/18", "5/18")]

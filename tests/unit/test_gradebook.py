"""Gradebooks: which result counts, an instructor's points, lateness, what is held back, and that no zero is made up."""

import ast
import dataclasses
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import graders.classes
from graders.classes.entries import Entry, Problem, Roster
from graders.classes.gradebook import NOBODY, Sources, gradebook
from graders.classes.lateness import lateness
from graders.classes.points import ONE, exact, half_up, number, rounded
from graders.classes.policies import Late, Policy, Release, read_policy
from graders.classes.refusals import GradebookError
from graders.classes.store import Job, Override, Stored
from graders.rubric import Check, Lab
from graders.texts import catalogue
from graders.verdicts import Result, Scorecard, Text, Verdict

SEOUL = timezone(timedelta(hours=9))
DUE = datetime(2026, 3, 16, 23, 59, 59, tzinfo=SEOUL)
NOW = datetime(2026, 4, 1, 12, tzinfo=SEOUL)
POINTS = {"starts": 40.0, "names": 35.0, "moves": 25.0}
PLAIN = Policy()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def check(id_, points):
    return Check(id_, points, Text.same(id_), (Text.same("look"),), ("a_cause",))


LAB = Lab(
    id="networking",
    folder=Path("labs/networking"),
    version="1",
    week=5,
    title=Text.same("Networks"),
    summary=Text.same("Networks"),
    lesson="",
    files=("start.sh",),
    dock={},
    checks=tuple(check(id_, points) for id_, points in POINTS.items()),
    causes={},
    reasons={},
    moments={},
)


def card(earned, **verdicts):
    """A card with these points; a verdict where it is not the one that follows from them."""
    results = []
    for id_, points in POINTS.items():
        got = earned.get(id_, 0.0)
        usual = Verdict.PASSED if got == points else Verdict.PARTIAL if got else Verdict.FAILED
        results.append(Result(id_, Text.same(id_), points, verdicts.get(id_, usual), got))
    return Scorecard(
        lab="networking",
        lab_version="1",
        title=Text.same("Networks"),
        week=5,
        submission="work",
        digest="sha256:1",
        run="r",
        started="2026-03-09T14:05:10+09:00",
        seconds=1.0,
        versions={},
        results=tuple(results),
    )


FULL = card(POINTS)


def stored(student="kim", scorecard=FULL, *, at=DUE - DAY, content="a", generation=0, graded=NOW, name="Kim Minji"):
    job = Job(student, scorecard.lab, "1", content, "images", "0.1", generation)
    return Stored(job, name, at, scorecard, graded)


def override(points, check="", student="kim", lab="networking", reason="appeal", who="Prof. Han", when=NOW):
    return Override(student, lab, points, reason, who, when, check)


def book(*results, policy=PLAIN, now=NOW, overrides=(), roster=NOBODY, errors=(), **options):
    return gradebook(LAB, Sources(results, overrides, roster, errors), policy, now, **options)


def only(*results, **options):
    """The only grade of a gradebook."""
    (grade,) = book(*results, **options).grades
    return grade


def english(grade):
    return [note.en for note in grade.notes]


def late(percent=10, **more):
    return Policy(late=Late(due=DUE, percent=Decimal(percent), **more))


# What counts


def test_a_grade_is_the_machines_points_where_nothing_else_is_said():
    grade = only(stored(scorecard=card({"starts": 40.0, "names": 17.5})))

    assert (grade.student, grade.name) == ("kim", "Kim Minji")
    assert (grade.machine, grade.points, grade.penalty, grade.final) == (57.5, 57.5, 0, 57.5)
    assert (grade.possible, grade.scored, grade.notes) == (100, True, ())


def test_a_grade_is_a_record_that_nobody_changes():
    with pytest.raises(dataclasses.FrozenInstanceError):
        only(stored()).final = Decimal(0)


def test_what_the_machine_could_not_observe_leaves_the_points_that_are_possible():
    grade = only(stored(scorecard=card({"starts": 40.0, "names": 35.0}, moves=Verdict.NOT_ASSESSABLE)))

    assert (grade.final, grade.possible) == (75, 75)


def test_the_latest_hand_in_counts_unless_the_best_is_asked_for():
    early = stored(scorecard=card({"starts": 40.0, "names": 35.0}), content="a", graded=NOW - DAY)
    later = stored(scorecard=card({"starts": 40.0}), content="b", graded=NOW)

    assert only(early, later).final == 40
    assert only(later, early).final == 40
    assert only(early, later, policy=Policy(choose="best")).final == 75


def test_the_best_is_chosen_after_lateness_and_overrides():
    in_time = stored(scorecard=card({"starts": 40.0}), content="a", graded=NOW - DAY)
    late_one = stored(scorecard=card({"names": 35.0, "starts": 6.0}), content="b", at=DUE + HOUR)
    policy = dataclasses.replace(late(50), choose="best")

    assert only(in_time, late_one, policy=policy).final == 40
    assert only(in_time, late_one, policy=policy, overrides=[override(0, "starts")]).final == Decimal("17.5")


def test_a_regrade_replaces_what_the_same_hand_in_came_to_before_also_where_the_best_counts():
    before = stored(scorecard=FULL, graded=NOW - DAY)
    again = stored(scorecard=card({"starts": 40.0}), generation=1, graded=NOW)

    assert only(before, again, policy=Policy(choose="best")).final == 40


def test_of_equally_good_hand_ins_the_last_counts():
    early = stored(content="a", at=DUE - 2 * DAY, graded=NOW - DAY)
    later = stored(content="b", at=DUE - DAY, graded=NOW)

    assert only(early, later, policy=Policy(choose="best")).handed_in == DUE - DAY


def test_results_and_overrides_of_another_lab_do_not_count():
    other = dataclasses.replace(FULL, lab="volumes")

    assert book(stored(scorecard=other), overrides=[override(1, lab="volumes")]).grades == ()


# No zero is made up


def test_whoever_has_no_result_has_no_score_and_the_row_says_why():
    roster = Roster(
        (
            Entry("kim", "Kim Minji", Path("kim"), DUE),
            Entry("lee", "Lee Seoyeon", None, None),
            Entry("park", "Park Jihun", Path("park"), DUE),
            Entry("choi", "Choi Yuna", Path("choi"), DUE),
        ),
        (
            Problem("lee", Text.same("Nothing.")),
            Problem("jung", Text.same("Two hand-ins.")),
            Problem("", Text.same("!")),
        ),
    )
    grades = {grade.student: grade for grade in book(stored(), roster=roster, errors=["park"]).grades}

    assert list(grades) == ["kim", "lee", "park", "choi", "jung"]
    assert {student: grade.scored for student, grade in grades.items()} == {
        "kim": True,
        "lee": False,
        "park": False,
        "choi": False,
        "jung": False,
    }
    assert all(grade.final is grade.points is grade.machine is None for grade in grades.values() if not grade.scored)
    assert [english(grades[student])[0] for student in ("lee", "park", "choi", "jung")] == [
        "Nothing was handed in.",
        "The machine failed, not the student. Grade this again.",
        "Not graded yet.",
        "Two hand-ins.",
    ]


def test_zeros_are_given_only_where_nothing_was_handed_in_and_only_when_the_teacher_says_so():
    roster = Roster(
        (Entry("lee", "", None, None), Entry("park", "", Path("p"), DUE), Entry("choi", "", None, None)),
        (Problem("jung", Text.same("Two hand-ins.")),),
    )
    grades = book(roster=roster, errors=["choi"], missing_zero=True).grades

    assert [(grade.student, grade.final) for grade in grades] == [
        ("lee", 0),
        ("park", None),
        ("choi", None),
        ("jung", None),
    ]
    assert english(grades[0]) == ["Nothing was handed in; 0 points, as the teacher chose."]


def test_a_card_with_an_error_or_of_some_checks_only_is_no_score_and_replaces_none():
    broken = stored(scorecard=card({}, names=Verdict.ERROR), content="b", graded=NOW + DAY)
    picked = stored(scorecard=dataclasses.replace(card({}), picked=True), content="c", graded=NOW + DAY)

    assert only(stored(), broken, picked).final == 100
    assert book(broken, picked).grades == ()


def test_an_error_after_a_score_leaves_the_score_and_is_said():
    grade = only(stored(), errors=["kim"])

    assert grade.final == 100
    assert english(grade) == ["A later grading ended in the machine's error; this is the score from before it."]


def test_a_machine_that_could_observe_nothing_gives_no_score():
    grade = only(stored(scorecard=card({}, **dict.fromkeys(POINTS, Verdict.NOT_ASSESSABLE))))

    assert (grade.scored, grade.possible) == (False, 0)


# Overrides


def test_points_for_a_check_stand_beside_the_machines_and_both_are_shown():
    grade = only(stored(scorecard=card({"starts": 40.0})), overrides=[override(20, "names", reason="the DNS was slow")])

    assert (grade.machine, grade.points, grade.final) == (40, 60, 60)
    assert [given.points for given in grade.overrides] == [20]
    assert english(grade) == [
        "names: 20 points in place of 0, by Prof. Han on 2026-04-01 12:00:00 +0900: the DNS was slow"
    ]
    assert (
        grade.notes[0].ko == "names: 0점 대신 20점. 부여: Prof. Han, 2026-04-01 12:00:00 +0900. 이유: the DNS was slow"
    )


def test_points_for_the_whole_win_over_those_for_a_check():
    grade = only(stored(), overrides=[override(10, "names"), override(80)])

    assert (grade.machine, grade.final) == (100, 80)
    assert english(grade)[1] == "The points given for names do not count: there are points for the whole."


def test_the_last_override_counts_and_one_without_points_withdraws():
    again = [override(10, "names"), override(20, "names")]

    assert only(stored(), overrides=again).final == 85
    assert only(stored(), overrides=[*again, override(None, "names")]).final == 100


def test_an_override_never_gives_more_than_there_is_to_have():
    grade = only(stored(scorecard=card({})), overrides=[override(99, "names")])

    assert (grade.points, grade.final) == (35, 35)
    assert english(grade)[1] == "99 points are more than the 35 that are possible; 35 count."
    assert only(stored(), overrides=[override(150)]).final == 100


def test_an_override_for_a_check_that_the_card_does_not_have_is_said():
    grade = only(stored(), overrides=[override(5, "nonsense")])

    assert grade.final == 100
    assert english(grade) == ["The points given for nonsense do not count: the scorecard has no such check."]


def test_a_check_that_the_machine_could_not_observe_counts_once_a_person_looked_at_it():
    seen = card({"starts": 40.0}, moves=Verdict.NOT_ASSESSABLE)
    grade = only(stored(scorecard=seen), overrides=[override(25, "moves")])

    assert (grade.final, grade.possible) == (65, 100)


def test_points_for_the_whole_need_no_result_and_those_for_a_check_do():
    roster = Roster((Entry("lee", "Lee", Path("x"), DUE + HOUR),), ())
    whole = only(roster=roster, errors=["lee"], overrides=[override(70, student="lee")], policy=late(10))
    part = only(roster=roster, errors=["lee"], overrides=[override(20, "names", student="lee")])

    assert (whole.machine, whole.points, whole.penalty, whole.final) == (None, 70, 7, 63)
    assert "in place of none" in english(whole)[1]
    assert (part.scored, len(part.overrides)) == (False, 1)
    assert "there is no result to put them into" in english(part)[1]


def test_whoever_is_given_points_without_being_in_the_roster_has_a_row_and_it_is_said():
    roster = Roster((Entry("kim", "", Path("x"), DUE),), ())
    made = book(stored(), stored("ghost"), roster=roster)

    assert [grade.student for grade in made.grades] == ["kim", "ghost"]
    assert [notice.en for notice in made.notices] == [
        "ghost: has a result or points, but is not in the roster. Is the id right?"
    ]


# Lateness


@pytest.mark.parametrize(
    ("after", "final"),
    [
        (-DAY, 100),
        (timedelta(0), 100),
        (timedelta(minutes=15), 100),
        (timedelta(minutes=15, seconds=1), 90),
        (DAY, 90),
        (DAY + timedelta(microseconds=1), 80),
        (4 * DAY, 60),
        (40 * DAY, 50),
    ],
)
def test_each_day_that_has_begun_takes_off_its_percent_up_to_the_cap(after, final):
    policy = late(10, grace=timedelta(minutes=15), cap=Decimal(50))

    assert only(stored(at=DUE + after), policy=policy).final == final


def test_hours_count_where_the_policy_says_so():
    grade = only(stored(at=DUE + timedelta(minutes=61)), policy=late(5, per="hour"))

    assert (grade.penalty, grade.final) == (10, 90)
    assert english(grade) == ["Handed in late. Hours begun: 2; taken off: 10%."]


def test_percents_are_of_the_points_earned_or_of_those_possible():
    half = stored(scorecard=card({"starts": 40.0}), at=DUE + HOUR)

    assert only(half, policy=late(10)).final == 36
    assert only(half, policy=late(10, of="possible")).final == 30
    assert only(half, policy=late(90, of="possible")).final == 0


def test_after_the_cut_off_there_are_no_points_and_it_is_said():
    policy = late(10, cap=Decimal(20), cut_off=DUE + 2 * DAY)

    assert only(stored(at=DUE + 2 * DAY), policy=policy).final == 80
    grade = only(stored(at=DUE + 2 * DAY + timedelta(seconds=1)), policy=policy)
    assert (grade.penalty, grade.final, grade.scored) == (100, 0, True)
    assert english(grade) == ["Handed in after the cut-off, 2026-03-18 23:59:59 +0900; no points."]


def test_late_days_move_a_students_due_date_and_the_cut_off_waits_for_it():
    policy = late(10, cut_off=DUE, days=0, days_of={"kim": 2})
    at = DUE + 2 * DAY

    assert only(stored("kim", at=at), policy=policy).final == 100
    assert only(stored("lee", at=at), policy=policy).final == 0
    assert english(only(stored("kim", at=at + HOUR), policy=policy)) == [
        "Late days: 2; so this was due on 2026-03-18 23:59:59 +0900.",
        "Handed in after the cut-off, 2026-03-16 23:59:59 +0900; no points.",
    ]


def test_a_time_that_is_not_known_is_not_late_and_it_is_said():
    grade = only(stored(at=None), policy=late(10))

    assert grade.final == 100
    assert english(grade) == ["It is not known when this was handed in; it counts as in time."]
    assert only(stored(at=None)).notes == ()


def test_lateness_takes_from_the_points_with_overrides_unless_the_policy_says_the_machines_alone():
    results = stored(scorecard=card({"starts": 40.0, "names": 35.0}), at=DUE + HOUR)
    given = [override(25, "moves")]

    assert only(results, policy=late(10), overrides=given).final == 90
    assert only(results, policy=late(10, applies_to="machine"), overrides=given).final == Decimal("92.5")
    assert only(results, policy=late(10, applies_to="machine", of="possible"), overrides=given).final == Decimal("92.5")
    assert only(results, policy=late(10, applies_to="machine"), overrides=[override(77)]).final == 77


def test_a_time_in_another_zone_is_the_same_moment():
    at = (DUE + HOUR).astimezone(timezone(timedelta(hours=-5)))

    assert only(stored(at=at), policy=late(10)).final == 90


def test_clocks_that_change_do_not_change_what_is_late(tmp_path):
    policy = written(
        tmp_path, 'zone = "Europe/Berlin"\n[late]\ndue = 2026-03-29 00:30:00\npercent = 10\nper = "hour"\n'
    )
    # At 02:00 the clocks went on to 03:00: from 00:30 to 03:15 it is an hour and three quarters.
    at = datetime(2026, 3, 29, 3, 15, tzinfo=ZoneInfo("Europe/Berlin"))

    assert lateness(policy.late, "kim", at).percent == 20


def test_times_are_shown_in_the_zone_of_the_policy(tmp_path):
    policy = written(tmp_path, 'zone = "Asia/Seoul"\n')
    grade = only(
        stored(at=DUE.astimezone(UTC)), policy=policy, overrides=[override(9, "names", when=NOW.astimezone(UTC))]
    )

    assert grade.handed_in.isoformat() == "2026-03-16T23:59:59+09:00"
    assert "by Prof. Han on 2026-04-01 12:00:00 +0900" in english(grade)[0]


# Rounding


@pytest.mark.parametrize(("points", "shown"), [("2.675", "2.68"), ("0.005", "0.01"), ("99.994", "99.99"), ("1", "1")])
def test_halves_are_rounded_up_to_two_decimals(points, shown):
    assert number(exact(Decimal(points))) == shown
    assert number(exact(float(points))) == shown


@pytest.mark.parametrize(
    ("points", "possible", "final"), [("72.5", 100, 73), ("72.49", 100, 72), ("0.5", 1, 1), ("9.5", 9.5, 9)]
)
def test_whole_points_by_choice_but_never_more_than_is_possible(points, possible, final):
    assert rounded(Decimal(points), Decimal(str(possible)), ONE) == final


def test_whole_points_are_for_the_final_score_only():
    grade = only(stored(scorecard=card({"names": 17.5})), policy=Policy(round="whole"))

    assert (grade.machine, grade.points, grade.final) == (Decimal("17.5"), Decimal("17.5"), 18)


@pytest.mark.parametrize(
    ("points", "shown"), [("100.00", "100"), ("0", "0"), ("80", "80"), ("87.50", "87.5"), ("0.00", "0")]
)
def test_numbers_are_written_plainly(points, shown):
    assert number(Decimal(points)) == shown


# What is held back

HIDING = Policy(release=Release(NOW + DAY, frozenset({"moves"})))


def test_before_the_release_students_see_nothing_of_hidden_checks():
    results = stored(scorecard=card({"starts": 40.0, "moves": 25.0}))
    given = [override(9, "moves", reason="the secret one")]
    grade = only(results, policy=HIDING, overrides=given, for_students=True)

    assert (grade.machine, grade.final, grade.possible, grade.overrides) == (40, 40, 75, ())
    assert english(grade) == ["The points of some checks are held back until 2026-04-02 12:00:00 +0900."]
    assert "moves" not in repr(grade)


def test_instructors_see_all_and_so_do_students_after_the_release():
    results = stored()

    assert only(results, policy=HIDING).final == 100
    assert only(results, policy=HIDING, now=NOW + DAY, for_students=True).final == 100


def test_points_for_the_whole_are_held_back_too_for_they_would_give_hidden_ones_away():
    grade = only(stored(), policy=HIDING, overrides=[override(93)], for_students=True)

    assert (grade.scored, grade.machine, grade.overrides) == (False, None, ())
    assert english(grade) == ["The points are held back until 2026-04-02 12:00:00 +0900."]


def test_students_do_not_read_who_gave_points_and_why():
    grade = only(stored(), overrides=[override(20, "names", reason="cheated, see mail")], for_students=True)

    assert english(grade) == ["names: 20 points in place of 35, by the instructor."]


def test_a_policy_that_hides_a_check_which_is_not_there_is_refused_for_a_slip_would_show_it():
    policy = Policy(release=Release(NOW, frozenset({"movse"})))

    with pytest.raises(GradebookError, match=r"movse.*It has: starts, names, moves"):
        book(stored(), policy=policy)


@settings(max_examples=60, deadline=None)
@given(hidden=some.sampled_from([0.0, 12.5, 25.0]), again=some.sampled_from([0.0, 25.0]), by=some.booleans())
def test_no_hidden_point_makes_a_difference_to_what_students_see(hidden, again, by):
    policy = dataclasses.replace(HIDING, choose="best", late=Late(DUE, percent=Decimal(10), of="possible"))

    def seen(first, second):
        results = (
            stored(scorecard=card({"starts": 40.0, "moves": first}), content="a", graded=NOW - DAY),
            stored(scorecard=card({"starts": 30.0, "moves": second}), content="b", at=DUE + HOUR),
        )
        return book(*results, policy=policy, overrides=[override(first, "moves")] * by, for_students=True)

    assert seen(hidden, again) == seen(0.0, 0.0)


# Properties

amounts = some.decimals(min_value=0, max_value=100, places=2)
earnings = some.fixed_dictionaries(
    {id_: some.integers(0, int(points * 100)).map(lambda cents: cents / 100) for id_, points in POINTS.items()}
)
policies = some.builds(
    lambda percent, cap, of, per, applies, grace, cut, step: Policy(
        round=step,
        late=Late(
            due=DUE,
            percent=percent,
            cap=cap,
            of=of,
            per=per,
            applies_to=applies,
            grace=timedelta(minutes=grace),
            cut_off=DUE + timedelta(hours=cut) if cut else None,
        ),
    ),
    amounts,
    amounts,
    some.sampled_from(["earned", "possible"]),
    some.sampled_from(["day", "hour"]),
    some.sampled_from(["final", "machine"]),
    some.integers(0, 3000),
    some.integers(0, 200),
    some.sampled_from(["hundredths", "whole"]),
)
overridden = some.lists(
    some.builds(override, some.one_of(some.none(), some.floats(0, 150)), some.sampled_from(["", *POINTS])), max_size=4
)
delays = some.integers(-100_000, 2_000_000).map(lambda seconds: timedelta(seconds=seconds))


@settings(max_examples=300, deadline=None)
@given(earned=earnings, policy=policies, given_points=overridden, delay=delays)
def test_a_final_score_is_between_nothing_and_what_is_possible_and_the_sums_come_out(
    earned, policy, given_points, delay
):
    grade = only(stored(scorecard=card(earned), at=DUE + delay), policy=policy, overrides=given_points)

    assert 0 <= grade.final <= grade.possible == 100
    assert 0 <= grade.penalty <= grade.points <= grade.possible
    assert grade.machine == sum(map(exact, earned.values()))
    assert grade.final == half_up(grade.points - grade.penalty, policy.step)


@settings(max_examples=300, deadline=None)
@given(earned=earnings, policy=policies, given_points=overridden, delays=some.tuples(delays, delays))
def test_whoever_hands_in_later_never_has_more(earned, policy, given_points, delays):
    sooner, later = (
        only(stored(scorecard=card(earned), at=DUE + delay), policy=policy, overrides=given_points)
        for delay in sorted(delays)
    )

    assert later.final <= sooner.final
    assert later.penalty >= sooner.penalty


@settings(max_examples=200, deadline=None)
@given(earned=earnings, policy=policies, delay=delays, days=some.integers(0, 5))
def test_a_late_day_never_costs_anything(earned, policy, delay, days):
    extended = dataclasses.replace(policy, late=dataclasses.replace(policy.late, days_of={"kim": days}))
    results = stored(scorecard=card(earned), at=DUE + delay)

    assert only(results, policy=extended).final >= only(results, policy=policy).final


# policy.toml


def written(folder, text):
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return read_policy(path)


def example():
    document = (Path(graders.classes.__file__).parents[2] / "docs" / "gradebook.md").read_text("utf-8")
    return re.search(r"```toml\n(.*?)```", document, re.DOTALL)[1]


def test_the_example_in_the_manual_is_a_policy(tmp_path):
    policy = written(tmp_path, example())

    assert (policy.choose, policy.round) == ("latest", "hundredths")
    assert policy.late.due.astimezone(SEOUL) == DUE
    assert (policy.late.grace, policy.late.percent, policy.late.per) == (timedelta(minutes=15), 10, "day")
    assert (policy.late.cap, policy.late.of, policy.late.applies_to) == (50, "earned", "final")
    assert policy.late.cut_off == datetime(2026, 3, 23, 23, 59, 59, tzinfo=SEOUL)
    assert (policy.late.days_for("20261234"), policy.late.days_for("kim")) == (2, 0)
    assert policy.release.checks == {"survives_new_address", "strangers_stay_out"}
    assert policy.release.at.utcoffset() == timedelta(hours=9)


def test_an_empty_policy_takes_nothing_off(tmp_path):
    assert written(tmp_path, "") == PLAIN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[late]\ndue = 2026-03-16 23:59:59\n", "late.due: 2026-03-16 23:59:59 has no zone."),
        ("[late]\ndue = 2026-03-16\n", "late.due: Input should be a valid datetime; seen: datetime.date(2026, 3, 16)"),
        ("[late]\npercent = 10\n", "late.due: is missing."),
        ("[late]\ndue = 2026-03-16T00:00:00Z\npercent = 110\n", "late.percent: Input should be less than or equal"),
        ("[late]\ndue = 2026-03-16T00:00:00Z\npercent = -1\n", "late.percent: Input should be greater than or equal"),
        ("[late]\ndue = 2026-03-16T00:00:00Z\npercent = nan\n", "late.percent: "),
        ("[late]\ndue = 2026-03-16T00:00:00Z\nper = 'week'\n", "late.per: Input should be 'day' or 'hour'"),
        ("[late]\ndue = 2026-03-16T00:00:00Z\npercnt = 1\n", "late.percnt: there is no such key."),
        ("[late]\ndue = 2026-03-16T00:00:00Z\ncut_off = 2026-03-15T00:00:00Z\n", "late.cut_off: 2026-03-15"),
        ("[late]\ndue = 2026-03-16T00:00:00Z\nstudents = {kim = -1}\n", "late.students.kim: "),
        ("[release]\nat = 2026-03-16T00:00:00Z\nchecks = []\n", "release.checks: List should have at least 1 item"),
        ('zone = "Asia/Soul"\n', "zone: this machine knows no Asia/Soul."),
        ('zone = "../../etc/passwd"\n', "zone: this machine knows no"),
        ("choose = 'first'\n", "choose: Input should be 'latest' or 'best'"),
        ("late = [\n", "is not TOML"),
    ],
)
def test_a_mistake_in_a_policy_is_named_with_its_key(tmp_path, text, said):
    with pytest.raises(GradebookError) as caught:
        written(tmp_path, text)

    assert said in str(caught.value)
    assert "policy.toml" in str(caught.value)
    assert caught.value.text.ko != caught.value.text.en


def test_all_mistakes_are_named_at_once(tmp_path):
    with pytest.raises(GradebookError) as caught:
        written(tmp_path, "choose = 'first'\nx = 1\n")

    assert len(str(caught.value).splitlines()) == 3


def test_a_policy_that_is_not_there_is_said(tmp_path):
    with pytest.raises(GradebookError, match=r"cannot be read: No such file"):
        read_policy(tmp_path / "policy.toml")


def test_a_policy_that_names_a_student_whom_nobody_knows_is_said():
    made = book(stored(), policy=late(10, days_of={"kim": 1, "kmi": 1}))

    assert [notice.en for notice in made.notices] == ["The policy names kmi, whom nobody here knows. Is the id right?"]


# Texts


def test_a_strangers_name_cannot_reach_a_terminal_through_a_text():
    roster = Roster((), (Problem("a\x1b[31m\nb", Text.same("?")),))
    made = book(stored("x\u202ey"), roster=roster)

    assert made.notices[0].en.startswith("x<U+202E>y: has a result")
    assert made.grades[0].student == "a\x1b[31m\nb"


def test_every_text_that_the_code_names_is_there_and_none_is_for_nothing():
    folder = Path(graders.classes.__file__).parent
    named = set()
    for path in (*folder.glob("*.py"), *folder.glob("lms/*.py"), folder.parent / "give_grades.py"):
        source = path.read_text("utf-8")
        named |= {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)} & set(
            catalogue("gradebook")
        )
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "GradebookError"):
                key = node.args[0]
                assert not isinstance(key, ast.Constant) or key.value in catalogue("gradebook")
    built = {f"late_{unit}s" for unit in ("day", "hour")}
    built |= {f"override_{part}{end}" for part in ("check", "whole") for end in ("", "_by")}

    assert named | built == set(catalogue("gradebook"))

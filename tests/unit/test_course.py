"""The study as a course: the order of its labs, how far a student is, the page that leads through it."""

import json
from dataclasses import replace

import pytest

from graders import cli, course
from graders.course import State, Total
from graders.labs import LABS, all_labs
from graders.rubric import read_lab
from graders.scorecards import samples
from graders.texts import shared_causes
from graders.verdicts import Text

ROOT = LABS.parent


@pytest.fixture(scope="module")
def labs():
    return [read_lab(folder, shared_causes()) for folder in all_labs()]


@pytest.fixture
def lab(labs, tmp_path):
    """A lab in a folder of its own, with a starter file and the student's copy of it."""
    for name in ("starter", "work"):
        (tmp_path / "labs" / name).mkdir(parents=True)
        (tmp_path / "labs" / name / "start.sh").write_text("true\n")
    return replace(labs[0], folder=tmp_path / "labs", after=(), bonus=False)


def card_of(lab, earned, submission="work"):
    card = next(card for card in samples.sample_cards().values() if card.complete and not card.picked)
    first, *others = card.results
    results = (replace(first, points=100.0, earned=earned), *(replace(one, points=0.0, earned=0.0) for one in others))
    return replace(card, lab=lab.id, submission=submission, results=results)


def test_what_prepares_for_a_lab_comes_before_it_and_a_bonus_last_in_its_week(labs):
    ordered = course.in_order(labs)
    place = {lab.id: number for number, lab in enumerate(ordered)}

    assert [lab.week for lab in ordered] == sorted(lab.week for lab in labs)
    assert all(place[before] < place[lab.id] for lab in labs for before in lab.after)
    assert place["migration"] > place["volumes"]


def test_labs_that_prepare_for_each_other_are_listed_once_each(labs):
    one, two = replace(labs[0], id="one", after=("two",)), replace(labs[0], id="two", after=("one",))

    assert sorted(lab.id for lab in course.in_order([one, two])) == ["one", "two"]


def test_every_lab_names_a_topic_something_to_read_and_only_labs_that_there_are(labs):
    known = {lab.id for lab in labs}

    assert [lab.id for lab in labs if not (lab.topic and lab.reading)] == []
    assert {before for lab in labs for before in lab.after} <= known


def test_a_lab_is_new_then_begun_then_graded_then_done_and_keeps_its_best_score(lab, tmp_path):
    reports = tmp_path / "reports"

    def seen():
        (place,) = course.places([lab], reports)
        return place.state, place.percent

    assert seen() == (State.NEW, "")
    (lab.folder / "work" / "start.sh").write_text("docker run\n")
    assert seen() == (State.BEGUN, "")
    course.note_best(reports, card_of(lab, 70.0))
    course.note_best(reports, card_of(lab, 40.0))
    assert seen() == (State.SCORED, "70")
    course.note_best(reports, card_of(lab, 100.0))
    assert seen() == (State.DONE, "100")


def test_only_a_whole_grade_of_the_students_own_work_counts(lab, tmp_path):
    for card in (
        card_of(lab, 70.0, submission="reference"),
        replace(card_of(lab, 70.0), picked=True),
    ):
        course.note_best(tmp_path, card)

    assert course.read_best(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"networking": 7}', '{"networking": "1"}'])
def test_a_file_of_scores_that_is_none_of_ours_is_no_score(tmp_path, text):
    (tmp_path / course.BEST).write_text(text)

    assert course.read_best(tmp_path) == {}


def test_a_bonus_adds_and_is_not_asked_for(labs, tmp_path):
    bonus = next(lab for lab in labs if lab.bonus)
    without = Total.of(course.places(labs, tmp_path))
    (tmp_path / course.BEST).write_text(json.dumps({bonus.id: 0.6}))
    with_it = Total.of(course.places(labs, tmp_path))

    assert without == Total(0, 100 * (len(labs) - 1))
    assert with_it == Total(60, without.possible)


def test_the_start_page_leads_through_all_weeks_in_both_languages(labs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, "show", lambda page: True)
    code = cli.main(["--lang", "ko", "open", "course", "--reports", str(tmp_path)])
    korean, english = (tmp_path / "start.html").read_text(), (tmp_path / "start.en.html").read_text()

    assert code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "start.html")
    for lab in labs:
        assert f'id="{lab.id}"' in korean
        assert lab.title.ko in korean
        assert lab.reading[0].url in english


def test_the_start_page_shows_what_is_done_and_what_is_next(labs, tmp_path):
    (tmp_path / course.BEST).write_text(json.dumps({"lifecycle": 1.0, "images": 0.505}))
    page = course.render_start(course.places(labs, tmp_path), "en")

    assert "best score 50 %" in page
    assert '<a href="#images">' in page
    assert f"150 of {100 * (len(labs) - 1)}" in page


def test_what_a_lab_says_cannot_break_the_page(lab, tmp_path):
    hostile = replace(lab, title=Text.same("<script>alert(1)</script>"))

    assert "<script>alert" not in course.render_start(course.places([hostile], tmp_path), "en")


@pytest.mark.parametrize(("language", "page"), [("en", "course.md"), ("ko", "course.ko.md")])
def test_the_manuals_page_says_what_the_rubrics_say(labs, language, page):
    assert (ROOT / "docs" / page).read_text("utf-8") == course.document(labs, language)

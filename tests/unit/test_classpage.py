"""The class page and the course page: figures, pseudonyms, hostile names, size, time, and the golden page."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graders.classes import course, figures, page
from graders.classes.causes import say_of_all
from graders.classes.course import Course, CourseLab, render_course, write_course
from graders.classes.entries import Entry, Problem, Roster
from graders.classes.gathering import students_of
from graders.classes.page import render, write
from graders.classes.people import address, one_line
from graders.classes.pseudonyms import ids_of, pseudonyms, under_pseudonyms
from graders.classes.sample_lab import lab
from graders.classes.samples import GENERATED, sample_course, sample_view, sample_views
from graders.classes.stored import Job, Stored
from graders.classes.view import ClassView, MachineError, Student, score_of
from graders.rubric import Cause
from graders.scorecards.samples import HOSTILE, finding, result, scorecard
from graders.texts import catalogue
from graders.verdicts import LANGUAGES, Text, Verdict

GOLDEN = Path(__file__).parent.parent / "golden"
TEMPLATES = Path(page.__file__).parent / "templates"
MOST_BYTES = 1_000_000
MOST_SECONDS = 10.0  # the aim is 2; other loads run beside the tests
VIEWS = sample_views()
SMALL = VIEWS["class"]

every_page = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in VIEWS if name != "large" for language in LANGUAGES]
)
every_language = pytest.mark.parametrize("language", LANGUAGES)


class Reader(HTMLParser):
    """What a page is made of; a cell or a line ends where the next one begins."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.lines: list[list[str]] = []
        self.feed(written)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.lines.append([])
        elif tag in ("td", "th") and self.lines:
            self.lines[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.lines.append(["(the end)"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.lines and self.lines[-1]:
            self.lines[-1][-1] += data

    def table(self, first: str) -> list[list[str]]:
        """The lines of the table whose first head is this, without the heads."""
        clean = [[" ".join(cell.split()) for cell in line] for line in self.lines]
        at = next(number for number, line in enumerate(clean) if line[0] == first)
        body = clean[at + 1 :]
        return body[: next(number for number, line in enumerate(body) if line[0].startswith("(the end)"))]


def card(*results, **more):
    return scorecard(*results, **more)


def failed(check, cause="flat_network", **more):
    return result(check, Verdict.FAILED, finding=finding(cause=cause, **more))


def view(*students, **more):
    return ClassView(lab(), GENERATED, students, **more)


def student(number, *results, **more):
    return Student(f"id-{number}", f"Name {number}", card(*results), **more)


# Figures


def test_students_are_counted_once_each():
    found = figures.counts(SMALL)

    assert found == figures.Counts(students=16, handed_in=14, graded=12, errors=1, problems=1, waiting=0, absent=2)


def test_an_earlier_score_stays_where_the_machine_failed_later():
    one = student(1, result("start_works"))
    seen = view(one, errors=(MachineError(one.id, one.name, Text.same("disk full")),))

    assert figures.counts(seen).graded == 1
    assert figures.counts(seen).errors == 0
    assert "disk full" in render(seen, "en")


def test_a_card_with_an_error_is_no_score_and_is_listed_apart():
    broken = result("start_works", Verdict.ERROR, reason=Text.same("the engine fell over"))
    seen = view(student(1, broken), student(2, result("start_works")))
    written = render(seen, "en")

    assert (figures.counts(seen).graded, figures.counts(seen).errors) == (1, 1)
    assert "the engine fell over" in written
    assert [line[0] for line in Reader(written).table("Name")] == ["Name 2"]


def test_who_is_neither_graded_nor_in_the_way_is_waited_for():
    assert figures.counts(view(Student("id-1"))).waiting == 1


def test_scores_are_spread_over_tens_with_full_marks_apart():
    half = (result("start_works"), failed("containers_run"))
    seen = view(student(1, *half), student(2, result("start_works")), student(3, failed("start_works")))
    found = figures.spread(seen)

    assert found is not None
    assert (found.mean, found.median) == (50.0, 50.0)
    assert {one.name: one.students for one in found.bins if one.students} == {"0–9": 1, "50–59": 1, "100": 1}


def test_nobody_has_no_spread_and_the_page_says_so():
    assert figures.spread(view()) is None
    assert "Nobody has a score yet." in render(view(), "en")


def test_points_that_a_machine_could_not_assess_leave_the_total():
    reason = Text.same("no ip_vs")
    one = student(1, result("start_works"), result("names_resolve", Verdict.NOT_ASSESSABLE, reason=reason, earned=0.0))
    score = score_of(one, view(one))

    assert (score.earned, score.possible, score.percent) == (10.0, 10.0, 100.0)


def test_the_instructors_points_count_and_the_machines_stay_beside_them():
    one = student(1, result("start_works"), failed("containers_run"), final=15.0, reason="It worked on the day.")
    seen = view(one)
    written = Reader(render(seen, "en"))

    assert score_of(one, seen).percent == 75.0
    assert written.table("Name")[0][2] == "15 (machine: 10)"
    assert "It worked on the day." in written.words


def test_a_final_score_that_is_the_machines_is_no_change():
    one = student(1, result("start_works"), final=10.0, reason="Checked by hand.")

    assert score_of(one, view(one)).final is None
    assert "Checked by hand." not in render(view(one), "en")


def test_the_hardest_check_is_what_most_of_those_who_got_so_far_did_not_pass():
    blocked = result("message_comes_back", Verdict.BLOCKED, blocked_by="names_resolve")
    seen = view(
        student(1, result("start_works"), failed("names_resolve"), blocked),
        student(2, result("start_works"), failed("names_resolve"), blocked),
        student(3, result("start_works"), result("names_resolve"), result("message_comes_back")),
    )
    found = {one.check.id: one for one in figures.hardest(seen)}

    assert figures.hardest(seen)[0].check.id == "names_resolve"
    assert found["names_resolve"].missed == pytest.approx(2 / 3)
    assert found["message_comes_back"].missed == 0
    assert found["message_comes_back"].share(Verdict.BLOCKED) == pytest.approx(2 / 3)
    assert found["message_comes_back"].average == 4.0
    assert found["start_works"].verdicts == Counter({Verdict.PASSED: 3})


def test_who_could_not_be_assessed_is_not_counted_for_a_check():
    reason = Text.same("no ip_vs")
    unseen = result("start_works", Verdict.NOT_ASSESSABLE, reason=reason, earned=0.0)
    found = figures.hardest(view(student(1, unseen), student(2, result("start_works"))))
    (one,) = [hard for hard in found if hard.check.id == "start_works"]

    assert (one.assessed, one.average, one.share(Verdict.PASSED)) == (1, 10.0, 1.0)


def test_a_misconception_counts_each_student_once_however_many_checks_named_it():
    seen = view(
        student(1, failed("right_networks"), failed("strangers_stay_out")),
        student(2, failed("strangers_stay_out")),
        student(3, failed("start_works", cause="script_failed")),
    )
    first, second = figures.misconceptions(seen)

    assert (first.cause, len(first.students), len(second.students)) == ("flat_network", 2, 1)
    assert [(check.id, count) for check, count in first.checks] == [("strangers_stay_out", 2), ("right_networks", 1)]


def test_the_commonest_misconception_is_said_in_the_rubrics_words_with_its_students():
    written = Reader(render(view(student(1, failed("right_networks")), student(2, result("right_networks"))), "ko"))
    words = " ".join(" ".join(written.words).split())

    assert "모든 컨테이너가 한 네트워크에 있습니다." in words
    assert "채점된 학생의 50 %" in words
    assert {"#s1"} == {found["href"] for tag, found in written.tags if tag == "a" and found["href"][:2] == "#s"}


def cause(en, ko="{a} {b} {script}"):
    nothing = Text.same("")
    return Cause("c", Text(en, ko), nothing, nothing, nothing, nothing)


def told(template, *facts):
    return [replace(finding(), wrong=template.wrong.fill(one), why=template.why.fill(one)) for one in facts]


def test_a_value_that_all_have_is_said_and_others_are_left_out():
    template = cause("{script} ended with code {code}.", "{script}가 코드 {code}로 끝났습니다.")
    findings = told(template, {"script": "start.sh", "code": "1"}, {"script": "start.sh", "code": "127"})

    assert say_of_all(template, findings)[0] == Text("start.sh ended with code …", "start.sh가 코드 …로 끝났습니다.")


def test_only_allowed_values_are_said_where_that_is_asked_for():
    template = cause("{script} of {a}", "{script} {a}")
    findings = told(template, {"script": "start.sh", "a": "kim-minji"})

    assert say_of_all(template, findings, ("start.sh",))[0].en == "start.sh of …"


@pytest.mark.parametrize("text", ["something else", "(((", "a of " * 2000])
def test_a_finding_that_is_no_filling_of_the_template_gives_no_values(text):
    template = cause("{a} of {b}")

    assert say_of_all(template, [replace(finding(), wrong=Text.same(text))])[0].en == "… of …"


def test_a_hostile_finding_does_not_make_the_comparison_slow():
    template = cause("{a} of {b} of {c} of {d} end", "{a} {b} {c} {d}")
    began = time.process_time()  # what else the machine does is no fault of the comparison's
    say_of_all(template, [replace(finding(), wrong=Text.same(" of " * count)) for count in range(1, 400)])

    assert time.process_time() - began < MOST_SECONDS


def test_a_cause_that_the_rubric_no_longer_has_is_said_as_students_read_it():
    old = failed("start_works", cause="gone", wrong=Text("It was so.", "그랬습니다."))

    assert "It was so." in render(view(student(1, old)), "en")


def test_grading_times_are_values_that_were_seen():
    students = [replace(student(1), card=card(result("start_works"), seconds=float(n))) for n in range(1, 101)]

    assert figures.times(students) == figures.Times(50.0, 95.0, 100.0)
    assert figures.times([]) is None


def test_results_of_checks_that_the_rubric_does_not_have_are_left_out():
    one = student(1, result("start_works"), result("long_gone"))

    assert score_of(one, view(one)).possible == 10.0
    assert "long_gone" not in render(view(one), "en")


def test_cards_of_another_version_of_the_lab_are_said():
    old = Student("id-1", "Name 1", card(result("start_works"), lab_version="0.9"))

    assert catalogue("classpage")["other_version"].fill({"count": "1", "version": "1"}).en in render(view(old), "en")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a zone; seen: 2026-03-16"):
        ClassView(lab(), datetime(2026, 3, 16), ())


def test_times_are_shown_in_the_zone_of_the_page():
    utc = datetime.fromisoformat("2026-03-15T14:59:30+00:00")
    written = Reader(render(view(student(1, result("start_works"), handed_in=utc)), "en"))

    assert written.table("Name")[0][-1] == "2026-03-15 23:59"


# The table


def test_a_line_has_the_points_and_each_verdict_as_a_word():
    checks = ("start_works", "containers_run", "networks_exist")
    of = replace(lab(), checks=tuple(check for check in lab().checks if check.id in checks))
    one = student(1, result(checks[0]), result(checks[1], Verdict.PARTIAL, finding=finding()), link="a b/card.html")
    written = render(ClassView(of, GENERATED, (one,)), "en")

    assert Reader(written).table("Name") == [["Name 1", "id-1", "15", "passed", "partial", "no verdict", ""]]
    assert 'href="a%20b/card.html"' in written


def test_students_stand_by_name_and_by_id_where_names_are_the_same():
    names = (("2", "Lee"), ("1", "Lee"), ("3", "kim"), ("9", ""))
    seen = view(*(Student(id, name, card(result("start_works"))) for id, name in names))

    assert [line[:2] for line in Reader(render(seen, "en")).table("Name")] == [
        ["9", ""],
        ["kim", "3"],
        ["Lee", "1"],
        ["Lee", "2"],
    ]


def test_hidden_checks_leave_no_trace_on_the_page():
    seen = VIEWS["hidden"]
    written = render(seen, "en")
    titles = {check.title.en for check in seen.lab.checks if check.id in seen.hidden}

    assert len(titles) == 2
    assert [title for title in titles if title in written] == []
    assert catalogue("classpage")["some_hidden"].en in written
    assert "(machine:" not in written


def test_machine_errors_stand_apart_with_the_command_to_rerun():
    written = render(SMALL, "en")

    assert written.index('id="students-title"') < written.index('id="errors"')
    assert "<code>drydock grade networking hand-ins --errors</code>" in written
    assert "No result within 900 s, three times." in written


def test_a_problem_of_who_handed_in_nothing_is_said_once():
    words = "".join(Reader(render(SMALL, "en")).words)

    assert words.count("202609001") == 1
    assert "Two hand-ins have this id." in words


# Pseudonyms


def test_pseudonyms_stay_the_same_for_the_same_salt_and_differ_for_another():
    ids = [f"id-{number}" for number in range(60)]

    assert pseudonyms(ids, "salt") == pseudonyms(reversed(ids), "salt")
    assert sorted(pseudonyms(ids, "salt").values()) == [f"{number:02}" for number in range(1, 61)]
    assert pseudonyms(ids, "salt") != pseudonyms(ids, "pepper")
    assert [pseudonyms(ids, "salt")[id] for id in ids] != sorted(pseudonyms(ids, "salt").values())


def leaking_view():
    """A class whose names, ids and whatever people wrote can be told from all else on a page."""
    reason, link = "Zorblax is called out here", "zorblax-1/scorecard.html"
    wrong = Text("zorblax-1 ended with exit code 1.", "zorblax-1가 종료 코드 1로 끝났습니다.")
    students = [
        Student(
            f"zorblax-{number}",
            f"Zorblax Quux {number}",
            card(failed("start_works", cause="script_failed", wrong=wrong), failed("names_resolve", cause="zorblaxed"))
            if number % 2
            else card(result("start_works", Verdict.ERROR, reason=Text.same(reason), detail=reason)),
            GENERATED - timedelta(days=1, minutes=number),
            link=link,
            final=12.0,
            reason=reason,
        )
        for number in range(1, 9)
    ]
    named = replace(students[0].card, submission="zorblax-1", notices=(Text.same(reason),))
    students[0] = replace(students[0], card=named)
    return view(
        *students,
        Student("zorblax-9", "Zorblax Absent", absent=True),
        problems=(Problem("zorblax-10", Text.same(reason)), Problem("", Text.same(reason))),
        errors=(MachineError("zorblax-11", "Zorblax Error", Text.same(reason)),),
        command="drydock grade networking zorblax --errors",
    )


@every_language
def test_under_pseudonyms_no_name_no_id_and_nothing_that_people_wrote_is_in_the_file(language):
    seen = leaking_view()
    hidden = under_pseudonyms(seen, pseudonyms(ids_of(seen), "salt"))
    open_page, page_of_numbers = render(seen, language).lower(), render(hidden, language).lower()
    whose = "학생 " if language == "ko" else "student "

    assert "zorblax" in open_page
    assert [hit for hit in ("quux", "called out", "2026-03-15") if hit not in open_page] == []
    assert re.findall(r".{30}(?:zorblax(?!ed)|quux|called out|2026-03-15|scorecard\.html).{30}", page_of_numbers) == []
    assert {f"{whose}{number:02}" in page_of_numbers for number in range(1, 12)} == {True}


def test_pseudonyms_change_no_figure():
    hidden = VIEWS["pseudonyms"]

    assert figures.counts(SMALL) == figures.counts(hidden)
    assert figures.spread(SMALL) == figures.spread(hidden)
    assert [one.cause for one in figures.misconceptions(SMALL)] == [one.cause for one in figures.misconceptions(hidden)]


def test_the_order_under_pseudonyms_is_that_of_their_numbers():
    names = [line[0] for line in Reader(render(VIEWS["pseudonyms"], "en")).table("Name")]

    assert names == sorted(names)
    assert {name[:8] for name in names} == {"Student "}


def test_a_student_without_a_pseudonym_is_refused_without_saying_who():
    with pytest.raises(ValueError, match="16 have none") as refused:
        under_pseudonyms(SMALL, {})

    assert not re.search("2026|Ana", str(refused.value))


# The page


@every_page
def test_a_page_asks_for_nothing_and_runs_no_script_but_its_own(name, language):
    written = Reader(render(VIEWS[name], language))
    used = {tag for tag, _ in written.tags}
    attributes = {key for _, found in written.tags for key in found}
    targets = {found["href"] for tag, found in written.tags if tag != "use" and found.get("href")}

    assert [found for tag, found in written.tags if tag == "script"] == [{}]
    assert not used & {"img", "iframe", "object", "embed", "base", "form"}
    assert not {key for key in attributes if key.startswith("on") or key in ("style", "src", "srcset")}
    assert [target for target in targets if ":" in target and target != "data:,"] == []
    assert [target for target in targets if target.startswith("/")] == []


@every_page
def test_a_page_links_within_itself_to_what_is_there(name, language):
    written = Reader(render(VIEWS[name], language))
    ids = [found["id"] for _, found in written.tags if "id" in found]
    wanted = {found["href"][1:] for _, found in written.tags if (found.get("href") or "").startswith("#")}
    wanted |= {found["aria-labelledby"] for _, found in written.tags if "aria-labelledby" in found}

    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


@every_page
def test_a_page_is_in_one_language_and_the_same_each_time(name, language):
    written = render(VIEWS[name], language)

    assert written == render(VIEWS[name], language)
    assert f'<html lang="{language}">' in written


def test_the_policy_names_the_hashes_of_the_style_and_the_script():
    written = render(SMALL, "en")
    style = written.split("<style>")[1].split("</style>")[0]
    script = written.split("<script>")[1].split("</script>")[0]
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]

    assert "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:".format(*hashes) in written
    assert "url(" not in style


@every_language
def test_hostile_names_are_shown_as_text(language):
    written = render(VIEWS["hostile"], language)
    words = "".join(Reader(written).words)

    assert "<script>alert(1)</script>" in words
    assert "{{ 7 * 7 }}" in words
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", written)


@pytest.mark.parametrize(
    ("path", "page_path", "wanted"),
    [
        ("kim/scorecard.html", "", "kim/scorecard.html"),
        ("김 민지/scorecard.html", "", "%EA%B9%80%20%EB%AF%BC%EC%A7%80/scorecard.html"),
        ("javascript:alert(1)", "", "javascript%3Aalert%281%29"),
        ("//evil.example/x", "", "evil.example/x"),
        ("/etc/passwd", "networking/class.html", "networking/etc/passwd"),
        ('a"b?c#d', "", "a%22b%3Fc%23d"),
        ("\ud800", "", "%3F"),
        ("kim/scorecard.html", "networking/class.html", "networking/kim/scorecard.html"),
    ],
)
def test_a_link_is_a_path_and_nothing_else(path, page_path, wanted):
    assert address(path, page_path) == wanted


@pytest.mark.parametrize("name", ["x" * 5000, "\u202e" * 5000, HOSTILE, "김민지"])
def test_a_name_takes_one_line_of_visible_characters(name):
    assert len(one_line(name)) <= 80
    assert one_line(name).isprintable()


@every_language
def test_1000_students_by_12_checks_are_written_in_time_and_stay_small(report, language):
    seen = sample_view(1000, 12)
    began = time.monotonic()
    written = render(seen, language)
    took, size = time.monotonic() - began, len(written.encode("utf-8"))
    report(f"class page, 1,000 students by 12 checks, {language}: {took:.2f} s, {size:,} bytes")

    assert (len(seen.graded), len(seen.checks)) == (1000, 12)
    assert size <= MOST_BYTES
    assert took <= MOST_SECONDS


def test_1000_students_who_fail_every_check_stay_small_too(report):
    seen = sample_view(1000, 12)
    worst = card(*(failed(check.id, cause=check.causes[0]) for check in seen.checks))
    written = render(replace(seen, students=tuple(replace(s, card=worst) for s in seen.graded)), "ko")
    report(f"class page, 1,000 students who fail all of 12 checks: {len(written.encode('utf-8')):,} bytes")

    assert len(written.encode("utf-8")) <= MOST_BYTES
    assert "외 700명" in written


@every_page
def test_no_placeholder_is_left_on_a_page(name, language):
    written = render(VIEWS[name], language).split("</style>")[1].split("<script>")[0]
    written = re.sub(r' data-(shown|up|down)="[^"]*"', "", written)  # the script fills them

    assert re.findall(r"(?<!\{)\{[a-z_]+\}(?!\})", written) == []


def keys_in_templates():
    for template in sorted(TEMPLATES.glob("*.html")):
        yield from re.findall(r'say\("([a-z_]+)"', template.read_text("utf-8"))
    for module in (page, course):
        yield from re.findall(r'"(state_[a-z]+)"', Path(module.__file__).read_text("utf-8"))
    yield from ("footer", "no_verdict", "pseudonym")


def test_each_text_of_the_pages_exists_and_each_is_used():
    used = set(keys_in_templates()) | {"footer_pseudonymous"}

    assert used <= set(catalogue("classpage")) | set(catalogue("interface"))
    assert set(catalogue("classpage")) - used == set()


def test_both_pages_are_written(tmp_path):
    path = write(SMALL, tmp_path / "deep", "ko")

    assert path == tmp_path / "deep" / "class.html"
    assert {"class.html", "class.en.html"} == {file.name for file in path.parent.iterdir()}
    assert '<a href="class.en.html" lang="en"' in path.read_text("utf-8")


@every_language
def test_the_page_is_the_golden_one(language):
    golden = (GOLDEN / f"class.{language}.html").read_text("utf-8")
    renew = "python -m graders.classes.samples tests/golden class"

    assert golden == render(SMALL, language), f"look at what changed, then renew it: {renew}"


# From the roster and the store


def stored(id, **more):
    job = Job(id, "networking", "1", "sha256:0", "images", "0.1.0")
    return Stored(job, f"Stored {id}", GENERATED, card(result("start_works"), submission=id), GENERATED, **more)


def test_a_class_is_the_rosters_students_with_what_the_store_has_of_them(tmp_path):
    entries = (
        Entry("1", "Ana", tmp_path, GENERATED),
        Entry("2", "Ben", None, None),
        Entry("3", "", tmp_path, None),
        Entry("4", "Dan", None, None),
    )
    problems = tuple(Problem(id, Text.same("what")) for id in ("2", "5", ""))
    roster = Roster(entries, problems)
    results = [stored(id) for id in ("1", "3", "4", "6")]
    found = students_of(results, roster, link=lambda id: f"{id}/card.html", finals={"1": (5.0, "late")})

    assert [(s.id, s.name, s.graded, s.absent, s.link) for s in found] == [
        ("2", "Ben", False, True, ""),
        ("5", "", False, False, ""),
        ("1", "Ana", True, False, "1/card.html"),
        ("3", "Stored 3", True, False, "3/card.html"),
        ("4", "Dan", True, False, "4/card.html"),
    ]
    assert [(s.final, s.reason) for s in found if s.id in "13"] == [(5.0, "late"), (None, "")]


def test_without_a_roster_a_class_is_everyone_who_has_a_result():
    assert [(s.name, s.graded) for s in students_of([stored("1")])] == [("Stored 1", True)]


# Several labs


def three():
    one, two = student(1, result("start_works"), link="id-1/card.html"), student(2, failed("start_works"))
    first = view(one, two, Student("id-3", "Name 3", absent=True))
    broken = MachineError("id-1", "Name 1", Text.same("disk full"))
    unclear = Problem("id-5", Text.same("?"))
    second = ClassView(lab(id="volumes"), GENERATED, (two, Student("id-4")), (unclear,), (broken,))
    return Course(Text.same("Course"), GENERATED, (CourseLab(first, "n/class.html"), CourseLab(second, "v/class.html")))


def test_a_course_has_a_line_for_each_student_and_says_why_there_is_no_score():
    written = render_course(three(), "en")
    lines = Reader(written).table("Name")

    assert lines == [
        ["id-4", "", "–", "not graded", "0"],
        ["id-5", "", "–", "to look at", "0"],
        ["Name 1", "id-1", "10", "machine error", "10"],
        ["Name 2", "id-2", "0", "0", "0"],
        ["Name 3", "id-3", "not handed in", "–", "0"],
    ]
    assert 'href="n/id-1/card.html"' in written
    assert {'href="n/class.html"' in written, 'href="v/class.html"' in written} == {True}


def test_a_course_of_names_and_pseudonyms_is_refused():
    open_lab = sample_course().labs[0]
    hidden = under_pseudonyms(open_lab.view, pseudonyms(ids_of(open_lab.view), "salt"))

    with pytest.raises(ValueError, match="seen: both"):
        Course(Text.same("Course"), GENERATED, (open_lab, CourseLab(hidden, "x.html")))


@every_language
def test_a_course_under_pseudonyms_holds_no_name_and_no_id(language):
    whole = sample_course()
    everyone = set().union(*(ids_of(one.view) for one in whole.labs))
    numbers = pseudonyms(everyone, "salt")
    labs = tuple(CourseLab(under_pseudonyms(one.view, numbers), one.link) for one in whole.labs)
    written = render_course(replace(whole, labs=labs), language).split("</style>")[1].split("<script>")[0]
    names = {student.name for one in whole.labs for student in one.view.students if student.name}

    assert [name for name in names | everyone if name in written] == []


def test_a_course_is_written_in_both_languages_the_same_each_time(tmp_path):
    path = write_course(sample_course(), tmp_path, "en")

    assert {"course.html", "course.ko.html"} == {file.name for file in tmp_path.iterdir()}
    assert path.read_text("utf-8") == render_course(sample_course(), "en")

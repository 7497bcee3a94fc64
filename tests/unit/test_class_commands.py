"""The commands of a class that was graded: pages, gradebook, override; on a store of its own, without an engine."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graders import cli
from graders.classes.store import ERROR, Attempt, Job, Store, Stored, file_address
from graders.labs import LABS
from graders.rubric import read_lab
from graders.texts import shared_causes
from graders.verdicts import Result, Scorecard, Verdict

NOW = datetime(2026, 3, 9, 14, 5, tzinfo=UTC)


def card_of(lab, failed=()):
    results = []
    for check in lab.checks:
        wrong = check.id in failed
        verdict = Verdict.FAILED if wrong else Verdict.PASSED
        results.append(Result(check.id, check.title, check.points, verdict, 0.0 if wrong else check.points))
    return Scorecard(
        lab=lab.id,
        lab_version=lab.version,
        title=lab.title,
        week=lab.week,
        submission="work",
        digest="",
        run="r",
        started=NOW.isoformat(),
        seconds=3.0,
        versions={},
        results=tuple(results),
    )


@pytest.fixture
def reports(tmp_path) -> Path:
    """A folder of reports with the results of two labs; of `lost` the machine graded one."""
    folder = tmp_path / "reports"
    folder.mkdir()
    with Store(file_address(folder / "drydock.sqlite")) as store:
        for name in ("networking", "volumes"):
            lab = read_lab(LABS / name, shared_causes())
            for student, failed in (("kim", ()), ("<b>lee", [lab.checks[-1].id])):
                job = Job(student, lab.id, lab.version, f"{student} {name}", "images", "0.1")
                store.put(Stored(job, student.title(), NOW, card_of(lab, failed), NOW))
        store.log(Attempt("0" * 64, "lost", "networking", "here/1", NOW, 3.0, ERROR, "the engine went away"))
    return folder


@pytest.fixture
def run(reports, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def running(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["--lang", "en", *arguments, "--reports", str(reports)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return running


def test_pages_are_written_for_each_lab_with_results_and_for_the_course(run, reports):
    code, out, _ = run("pages", "--title", "Docker study")

    assert code == 0
    assert out.split() == [
        str(reports / page) for page in ("volumes/class.html", "networking/class.html", "course.html")
    ]
    assert "Docker study" in (reports / "course.html").read_text()
    assert "&lt;b&gt;lee" in (reports / "networking" / "class.html").read_text()
    assert (reports / "networking" / "class.ko.html").exists()


def test_pages_under_pseudonyms_name_nobody_and_number_everyone_alike(run, reports, tmp_path):
    run("pages", "--pseudonyms", "--into", str(tmp_path / "public"))
    pages = [(tmp_path / "public" / lab / "class.html").read_text() for lab in ("networking", "volumes")]
    run("pages", "volumes", "--pseudonyms", "--into", str(tmp_path / "again"))

    assert not any(name in page.casefold() for page in pages for name in ("kim", "lee"))
    assert (reports / "pseudonyms.salt").stat().st_mode & 0o077 == 0


def test_pages_without_results_say_what_to_do(tmp_path, capsys):
    code = cli.main(["--lang", "en", "pages", "--reports", str(tmp_path)])

    assert code == 2
    assert "drydock grade LAB FOLDER" in capsys.readouterr().out


def test_a_gradebook_shows_scores_and_no_score_for_the_machines_errors(run):
    code, out, _ = run("gradebook", "networking")

    assert code == 0
    assert "100/100  kim Kim" in out
    assert "-/100  lost  " in out
    assert "2 of 3 students have a score." in out


def test_points_of_an_instructor_count_in_the_gradebook_and_on_the_page_until_they_are_withdrawn(run, reports):
    run("override", "networking", "kim", "--points", "42.5", "--reason", "spoke to us", "--by", "Han")
    _, given, _ = run("gradebook", "networking")
    run("pages", "networking")
    page = (reports / "networking" / "class.html").read_text()
    run("override", "networking", "kim", "--withdraw", "--reason", "a slip", "--by", "Han")
    _, withdrawn, _ = run("gradebook", "networking")

    assert "42.5/100  kim" in given
    assert "spoke to us" in page
    assert "100/100  kim" in withdrawn


def test_an_override_for_a_check_that_is_not_there_is_refused_and_names_those_that_are(run):
    code, _, complaint = run("override", "networking", "kim", "--points", "1", "--check", "nmaes", "--reason", "r")

    assert code == 2
    assert "no check nmaes" in complaint
    assert "inner_is_internal" in complaint


def test_an_override_for_someone_unknown_is_kept_and_said(run):
    code, out, _ = run("override", "networking", "nobody", "--points", "1", "--reason", "r")

    assert code == 0
    assert "nobody has no result for networking" in out


def test_a_csv_is_a_new_file_and_holds_no_formula(run, tmp_path):
    code, out, _ = run("gradebook", "networking", "--csv", "--output", "grades.csv")
    again, _, complaint = run("gradebook", "networking", "--csv", "--output", "grades.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text())))

    assert (code, again) == (0, 2)
    assert "grades.csv" in out
    assert "grades.csv" in complaint
    assert {row["id"]: (row["final"], row["scored"]) for row in rows}["lost"] == ("", "no")


CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Networks (77)\n    Points Possible,,,,,100\nKim,1,kim,kim,A,3\n"


def test_a_file_of_canvas_is_filled_in_and_a_dry_run_writes_nothing(run, tmp_path):
    (tmp_path / "canvas.csv").write_text(CANVAS)
    options = ("gradebook", "networking", "--canvas", "canvas.csv", "--column", "Networks (77)")
    _, dry, _ = run(*options, "--dry-run")
    before = sorted(path.name for path in tmp_path.glob("*.csv"))
    code, _, _ = run(*options)

    assert "3" in dry
    assert before == ["canvas.csv"]
    assert code == 0
    assert (tmp_path / "canvas-networking.csv").read_text() == CANVAS.replace(",A,3", ",A,100")
    assert (tmp_path / "canvas.csv").read_text() == CANVAS


def test_a_column_that_was_not_named_is_asked_for(run, tmp_path):
    (tmp_path / "canvas.csv").write_text(CANVAS)
    code, _, complaint = run("gradebook", "networking", "--canvas", "canvas.csv")

    assert code == 2
    assert "--column" in complaint


def test_a_file_for_moodles_import_is_written(run, tmp_path):
    code, out, _ = run("gradebook", "networking", "--moodle-import", "--column", "Networks")

    assert code == 0
    assert "networking-moodle.csv" in out
    assert "kim,100" in (tmp_path / "networking-moodle.csv").read_text()


def test_a_policy_that_is_wrong_writes_nothing_and_names_its_key(run, tmp_path):
    (tmp_path / "policy.toml").write_text("[late]\ndue = 2026-03-16 23:59:59\n")
    code, _, complaint = run("gradebook", "networking", "--policy", "policy.toml", "--csv")

    assert code == 2
    assert "late.due" in complaint
    assert not list(tmp_path.glob("*.csv"))


def test_what_students_get_before_the_release_leaves_out_what_is_held_back(run, tmp_path):
    check = read_lab(LABS / "networking", shared_causes()).checks[-1]
    (tmp_path / "policy.toml").write_text(f'[release]\nat = 2999-01-01T00:00:00Z\nchecks = ["{check.id}"]\n')
    _, out, _ = run("gradebook", "networking", "--policy", "policy.toml", "--for", "students")
    run("pages", "networking", "--policy", "policy.toml", "--into", "shown")

    assert f"{100 - check.points:g}/{100 - check.points:g}  kim" in out
    assert check.title.en not in Path("shown/networking/class.html").read_text()

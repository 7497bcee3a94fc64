"""The command `drydock export`: what is written where, and what is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest

from graders.cli import main
from graders.scorecards import record
from graders.scorecards.exports import FORMATS
from graders.scorecards.samples import sample_cards
from graders.texts import interface
from graders.verdicts import LANGUAGES

CARDS = sample_cards()
CONTEXT = ("CLASSROOM=c", "ASSIGNMENT=a", "USERNAME=u", "SUBMISSION_TAG=submit/x", "COMMIT_URL=x", "RELEASE_URL=x")
SET = [option for pair in CONTEXT for option in ("--set", pair)]


def put(folder, card):
    """A folder with the card's result.json."""
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(record.to_json(card), "utf-8")
    return folder


@pytest.fixture
def results(tmp_path):
    """Two folders: a card with a score, and one without."""
    return [put(tmp_path / name, CARDS[name]) for name in ("failing", "error")]


@pytest.fixture
def labs(tmp_path):
    """Two labs' cards of submissions of the same name."""
    return [
        put(tmp_path / lab / "work", dataclasses.replace(CARDS["failing"], lab=lab, submission="work"))
        for lab in ("networking", "layers")
    ]


def test_a_result_is_exported_to_a_file_and_to_standard_output(results, tmp_path, capsys):
    assert main(["export", "ctrf", str(results[0]), "--output", str(tmp_path / "out" / "x.json")]) == 0
    assert main(["export", "ctrf", str(results[0] / "result.json")]) == 0
    said = capsys.readouterr().out.split("\n", 1)

    assert said[0] == str(tmp_path / "out" / "x.json")
    assert json.loads(said[1]) == json.loads((tmp_path / "out" / "x.json").read_text("utf-8"))


def test_several_results_go_into_a_folder_for_each_lab_and_submission(labs, tmp_path):
    assert main(["export", "junit", *map(str, labs), "--output", str(tmp_path / "all")]) == 0
    written = sorted(str(path.relative_to(tmp_path / "all")) for path in (tmp_path / "all").rglob("*.xml"))

    assert written == ["layers/work/junit.xml", "networking/work/junit.xml"]


def test_a_second_result_of_the_same_submission_overwrites_nothing(labs, tmp_path, capsys):
    again = put(tmp_path / "again", dataclasses.replace(CARDS["perfect"], submission="work"))

    assert main(["export", "ctrf", str(labs[0]), str(again), "--output", str(tmp_path / "all")]) == 2
    assert f"{again}: not written, because " in capsys.readouterr().err
    report = json.loads((tmp_path / "all" / "networking" / "work" / "ctrf-report.json").read_text("utf-8"))
    assert report["results"]["summary"]["failed"] > 0


def test_the_scorecard_itself_is_never_overwritten(labs, capsys):
    before = (labs[0] / "result.json").read_bytes()

    assert main(["export", "classroom50", str(labs[0]), "--output", str(labs[0]), *SET]) == 2
    assert (labs[0] / "result.json").read_bytes() == before
    assert "is taken by" in capsys.readouterr().err


def test_what_the_environment_does_not_tell_can_be_set(results, capsys, monkeypatch):
    monkeypatch.setenv("CLASSROOM", "another")

    assert main(["export", "classroom50", str(results[0]), *SET]) == 0
    assert json.loads(capsys.readouterr().out)["classroom"] == "c"


def test_what_is_no_pair_cannot_be_set(results, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["export", "classroom50", str(results[0]), "--set", "CLASSROOM"])

    assert ended.value.code == 2
    assert "expected VARIABLE=VALUE; seen: CLASSROOM" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_only_what_can_be_joined_is_written_to_standard_output_for_several(name, labs, capsys):
    code = main(["export", name, *map(str, labs)])
    said = capsys.readouterr()

    if FORMATS[name].joins:
        assert code == 0
        assert len([line for line in said.out.splitlines() if line.startswith("## ")]) == 2
    else:
        assert (code, said.out) == (2, "")
        assert "Several results need --output to name a folder; seen: -" in said.err


def test_what_is_no_grade_ends_with_its_own_code_and_the_others_are_written(results, tmp_path, capsys):
    assert main(["export", "gradescope", *map(str, results), "--output", str(tmp_path / "all")]) == 4
    said = capsys.readouterr().err

    assert "gradescope cannot say that there is no score" in said
    assert [path.name for path in (tmp_path / "all").rglob("results.json")] == ["results.json"]


def test_a_result_that_is_missing_counts_for_more_than_one_that_is_no_grade(results, tmp_path):
    options = ["--output", str(tmp_path / "all")]

    assert main(["export", "gradescope", str(results[1]), str(tmp_path / "nowhere"), *options]) == 2


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("", "expected JSON in UTF-8; seen: Expecting value"),
        ("\xff", "expected JSON in UTF-8; seen: 'utf-8' codec"),
        ("[" * 100_000, "expected JSON in UTF-8; seen: maximum recursion depth"),
        ("[]", "expected a record of the schema 'drydock/result/1'; seen: None"),
        ('{"schema": "x"}', "expected a record of the schema 'drydock/result/1'; seen: 'x'"),
    ],
)
def test_a_file_that_is_no_result_is_named_with_the_reason(tmp_path, capsys, content, seen):
    (tmp_path / "result.json").write_text(content, "latin-1")

    assert main(["export", "junit", str(tmp_path)]) == 2
    assert f"{tmp_path / 'result.json'}: not a result.json of this Drydock: {seen}" in capsys.readouterr().err


@pytest.mark.parametrize(("old", "new"), [('"points": 10.0', '"points": NaN'), ('"started": "', '"started": "x')])
def test_a_record_that_no_format_could_hold_is_refused_as_no_result(results, capsys, old, new):
    file = results[0] / "result.json"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")

    assert main(["export", "ctrf", str(file)]) == 2
    assert f"{file}: not a result.json of this Drydock: " in capsys.readouterr().err


def test_a_missing_result_is_named(tmp_path, capsys):
    assert main(["export", "junit", str(tmp_path / "nowhere"), "--lang", "ko"]) == 2
    assert "이 Drydock의 result.json이 아닙니다" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(results, tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert main(["export", "junit", str(results[0]), "--output", str(tmp_path / "file" / "x.xml")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_says_who_reads_each_format(language, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    said = capsys.readouterr().out

    assert [name for name in FORMATS if interface(FORMATS[name].help).in_language(language) not in said] == []

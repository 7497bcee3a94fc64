"""Scorecards in other programs' formats: valid, adding up, harmless, and never a zero for an error."""

from __future__ import annotations

import base64
import json
import random
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from graders.cli import main
from graders.exporting import ExportError, render
from graders.scorecards import record
from graders.scorecards.exports import FORMATS
from graders.scorecards.exports.github import LARGEST, MOST
from graders.scorecards.exports.words import whole
from graders.scorecards.samples import finding, result, sample_cards, scorecard
from graders.verdicts import LANGUAGES, Evidence, Text, Verdict

CARDS = sample_cards()
SCHEMAS = Path(__file__).parent.parent / "schemas"
EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"
LOG = "\n".join(f"line {number}: <b>한글</b> ``` \x1b[0m" for number in range(60))
MANY = scorecard(
    *(
        result(f"check_{number}", Verdict.FAILED, finding=finding(evidence=(Evidence("$ docker logs", LOG * 9),) * 9))
        for number in range(24)
    )
)
CARDS |= {"many": MANY}
# Formats without a word for `no score`: they refuse. The others say it.
REFUSE = ("gradescope", "classroom50")
ENVIRONMENT = {
    "CLASSROOM": "docker-101",
    "ASSIGNMENT": "networking",
    "MODE": "individual",
    "USERNAME": "kim-minji",
    "SUBMISSION_TAG": "submit/2026-03-09T05-05-10Z-4f0c9f3",
    "COMMIT_URL": "https://github.com/docker-101/networking-kim-minji/commit/4f0c9f3",
    "RELEASE_URL": "https://github.com/docker-101/networking-kim-minji/releases/tag/x",
    "SUBMITTED_AT": "2026-03-09T05:00:00Z",
}

every_format = pytest.mark.parametrize("name", sorted(FORMATS))
every_card = pytest.mark.parametrize("which", sorted(CARDS.keys() - {"hostile"}))


def export(name, card, language="en"):
    return render(name, card, language, ENVIRONMENT, Path("result.json"))


def readable(card):
    """The hostile card, with a time that its makers could not have forged."""
    return scorecard(*card.results, submission=card.submission, started="2026-03-09T14:05:10+09:00")


class Page(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.words = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.words.append(data)


def read(markdown):
    """Markdown, as it is rendered."""
    page = Page()
    page.feed(MarkdownIt("commonmark").enable("table").render(markdown))
    return page


def valid(record_, name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [error.message for error in validator.iter_errors(record_)]


@every_format
@every_card
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_is_written_or_refused_because_it_is_no_grade(name, which, language):
    card = CARDS[which]
    if name in REFUSE and not card.complete:
        with pytest.raises(ExportError):
            export(name, card, language)
    else:
        assert export(name, card, language)


@pytest.mark.parametrize("name", ["ctrf", "check50", "gradescope", "prairielearn", "classroom50"])
@every_card
def test_json_fits_its_schema(name, which):
    card = CARDS[which]
    if name in REFUSE and not card.complete:
        card = CARDS["perfect"]

    assert valid(json.loads(export(name, card)), name) == []


@every_card
def test_the_classroom_result_fits_its_schema_and_adds_up(which):
    card = CARDS[which]
    written = json.loads(base64.b64decode(export("classroom", card)))

    assert valid(written, "classroom") == []
    if card.complete:
        assert sum(test["score"] for test in written["tests"]) == pytest.approx(card.earned)
        assert written["max_score"] == card.possible
    else:
        assert (written["status"], written["max_score"], written["tests"]) == ("error", 0, [])


def test_an_error_is_no_zero_anywhere():
    card = CARDS["error"]

    assert json.loads(export("prairielearn", card))["gradable"] is False
    assert "score" not in json.loads(export("prairielearn", card))
    assert [test["status"] for test in json.loads(export("ctrf", card))["results"]["tests"]].count("other") == 1
    assert [one["passed"] for one in json.loads(export("check50", card))["results"]].count(None) == 1
    assert ElementTree.fromstring(export("junit", card)).find("testsuite").get("errors") == "1"
    assert "no score" in export("markdown", card)
    assert "no score" in export("annotations", card)


@pytest.mark.parametrize("name", [*REFUSE, "prairielearn", "classroom"])
def test_a_card_of_some_checks_only_is_no_grade(name):
    card = scorecard(result("start_works"), picked=True)
    if name in REFUSE:
        with pytest.raises(ExportError):
            export(name, card)
    elif name == "classroom":
        assert json.loads(base64.b64decode(export(name, card)))["max_score"] == 0
    else:
        assert json.loads(export(name, card))["gradable"] is False


def test_what_cannot_be_assessed_does_not_count():
    card = CARDS["failing"]

    assert json.loads(export("classroom50", card))["max-score"] == card.possible == 92
    assert sum(test["max_score"] for test in json.loads(export("gradescope", card))["tests"]) == 92
    assert json.loads(export("prairielearn", card))["score"] == round(card.earned / 92, 6)


@pytest.mark.parametrize("seed", range(200))
def test_whole_points_add_up_and_stay_within_what_a_check_is_worth(seed):
    dice = random.Random(seed)
    points = [dice.choice((dice.randrange(1, 20), dice.randrange(1, 80) / 4)) for _ in range(dice.randrange(1, 25))]
    earned = [dice.choice((0, point, point * dice.randrange(1, 100) / 100)) for point in points]
    most = whole(points)
    got = whole(earned, most)

    assert sum(most) == int(sum(points) + 0.5)
    assert sum(got) <= sum(most)
    assert all(0 <= score <= limit for score, limit in zip(got, most, strict=True))
    assert abs(sum(got) - sum(earned)) <= 0.5 + 1e-9 or got == most


def test_junit_counts_and_carries_points_and_causes():
    suite = ElementTree.fromstring(export("junit", CARDS["failing"])).find("testsuite")
    cases = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in suite.iter("testcase")
    }

    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["11", "3", "0", "3"]
    assert cases["right_networks"]["cause"] == "flat_network"
    assert cases["names_resolve"]["earned"] == "6.0"


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"classroom"} - set(REFUSE)))
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_content_stays_text(name, language):
    text = export(name, readable(CARDS["hostile"]), language)

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    if name == "junit":
        assert "<script>" in "".join(ElementTree.fromstring(text).itertext())
    elif name in ("markdown", "summary"):
        outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
        assert "<script" not in outside
        assert "<img" not in outside
        assert outside.count("<details>") == outside.count("</details>")


@pytest.mark.parametrize(
    "word",
    ["</details>", "<img src=x onerror=alert(1)>", "| a | b |", "# heading", "[x](javascript:alert(1))", "```",
     "@everyone", "https://evil.example/x", "www.evil.example", "1. list", "- list", "<!--", "&lt;", "*bold* _em_"],
)  # fmt: skip
def test_markdown_from_a_stranger_is_no_markup(word):
    evidence = (Evidence(word, f"{word}\n"),)
    found = finding(evidence=evidence, seen=Text.same(word), wrong=Text.same(word))
    card = scorecard(result("start_works", Verdict.FAILED, finding=found), submission=word)
    honest = scorecard(result("start_works", Verdict.FAILED, finding=finding(evidence=(Evidence("x", "x"),))))
    page, usual = read(export("markdown", card)), read(export("markdown", honest))

    assert page.tags - {"code"} == usual.tags - {"code"}
    assert "".join(page.words).count(word.strip("`*_ ")) >= 3
    assert "@everyone" not in export("summary", card).replace("```text\n@everyone", "")


@pytest.mark.parametrize(
    "attack", ["::set-output name=score::100", "::error::x", "##[error]x", "::stop-commands::", "%0A::notice::x"]
)
def test_no_command_of_a_stranger_reaches_githubs_runner(attack):
    lines = Evidence("$ docker logs", f"first\n{attack}\n  {attack}")
    card = scorecard(result("start_works", Verdict.FAILED, finding=finding(evidence=(lines,), reproduce=attack)))
    text = export("annotations", card)
    stopped = False
    for line in text.splitlines():
        token = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", line)
        if token:
            stopped, closing = True, f"::{token[1]}::"
        elif stopped and line == closing:
            stopped = False
        elif attack in line:
            assert stopped or line.startswith("::error title=networking%3A "), line
    assert not stopped


def test_annotations_keep_to_ten_of_a_kind_and_escape_what_runners_read():
    text = export("annotations", MANY)
    commands = [line for line in text.splitlines() if line.startswith("::error")]

    assert len(commands) == MOST
    assert all("\n" not in command and "%0A" in command for command in commands)
    assert "::notice title=Custom networks and DNS::0 / 120 points" in text.splitlines()


def test_a_summary_is_short_enough_to_be_read_and_taken():
    assert len(export("summary", MANY).encode()) <= LARGEST


def test_prairielearn_gets_no_more_than_it_takes():
    assert len(export("prairielearn", MANY).encode()) <= 1_000_000


def test_classroom50_gets_what_its_runner_told():
    written = json.loads(export("classroom50", CARDS["failing"]))

    assert written["owner"] == "kim-minji"
    assert written["submission"] == ENVIRONMENT["SUBMISSION_TAG"]
    assert written["review"] == ENVIRONMENT["COMMIT_URL"]
    assert (written["datetime"], written["graded_at"]) == ("2026-03-09T05:00:00Z", "2026-03-09T05:05:10Z")


@every_format
def test_the_documented_example_is_what_is_written_today(name):
    written = export(name, CARDS["failing"])
    if name == "annotations":
        written = re.sub(r"[0-9a-f]{32}", "0" * 32, written)
    path = EXAMPLES / f"{name}{Path(FORMATS[name].file).suffix}"

    assert path.read_text("utf-8") == written, "renew it: python tests/unit/test_exports.py"


@pytest.fixture
def results(tmp_path):
    """Two folders with a result.json each."""
    folders = []
    for name in ("failing", "error"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "result.json").write_text(record.to_json(CARDS[name]), "utf-8")
        folders.append(folder)
    return folders


def test_a_result_is_exported_to_a_file_and_to_standard_output(results, tmp_path, capsys):
    assert main(["export", "ctrf", str(results[0]), "--output", str(tmp_path / "out" / "x.json")]) == 0
    assert main(["export", "ctrf", str(results[0] / "result.json")]) == 0
    said = capsys.readouterr().out.split("\n", 1)

    assert said[0] == str(tmp_path / "out" / "x.json")
    assert json.loads(said[1]) == json.loads((tmp_path / "out" / "x.json").read_text("utf-8"))


def test_what_is_no_grade_ends_with_its_own_code_and_the_others_are_written(results, tmp_path, capsys):
    assert main(["export", "gradescope", *map(str, results), "--output", str(tmp_path / "all")]) == 4
    said = capsys.readouterr().err

    assert "gradescope cannot say that there is no score" in said
    assert [path.name for path in (tmp_path / "all").rglob("results.json")] == ["results.json"]


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "x"}', "\xff"])
def test_a_file_that_is_no_result_is_named_with_the_reason(tmp_path, capsys, content):
    (tmp_path / "result.json").write_text(content, "latin-1")

    assert main(["export", "junit", str(tmp_path)]) == 4
    assert f"{tmp_path / 'result.json'}: not a result.json of this Drydock: " in capsys.readouterr().err


def test_a_missing_result_is_named(tmp_path, capsys):
    assert main(["export", "junit", str(tmp_path / "nowhere"), "--lang", "ko"]) == 4
    assert "이 Drydock의 result.json이 아닙니다" in capsys.readouterr().err


if __name__ == "__main__":
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for format_ in FORMATS:
        text = (
            re.sub(r"[0-9a-f]{32}", "0" * 32, export(format_, CARDS["failing"]))
            if format_ == "annotations"
            else (export(format_, CARDS["failing"]))
        )
        (EXAMPLES / f"{format_}{Path(FORMATS[format_].file).suffix}").write_text(text, "utf-8")

"""Scorecards in other programs' formats: valid, adding up, harmless, and never a zero for an error."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from graders.exporting import ExportError, render
from graders.scorecards.exports import FORMATS
from graders.scorecards.exports import classroom as classroom_export
from graders.scorecards.exports.github import LARGEST, LIMIT, MOST
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
NOTHING = scorecard(result("start_works", Verdict.NOT_ASSESSABLE, reason=Text.same("no IPVS")))
# Drydock's own clock, not a student, says when a grading began; a record with another time is not read at all.
HOSTILE = dataclasses.replace(CARDS["hostile"], started="2026-03-09T14:05:10+09:00")
HOSTILE_BUT_SCORED = dataclasses.replace(HOSTILE, results=HOSTILE.results[:1])
CARDS |= {"many": MANY, "nothing": NOTHING, "hostile": HOSTILE, "hostile_but_scored": HOSTILE_BUT_SCORED}
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
every_card = pytest.mark.parametrize("which", sorted(CARDS))


def export(name, card, language="en"):
    return render(name, card, language, ENVIRONMENT, Path("result.json"))


def scored(card):
    """Whether the card is a grade."""
    return card.complete and not card.picked and card.possible > 0


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
    if name in REFUSE and not scored(card):
        with pytest.raises(ExportError):
            export(name, card, language)
    else:
        assert export(name, card, language)


@pytest.mark.parametrize("name", ["ctrf", "check50", "gradescope", "prairielearn", "classroom50"])
@every_card
def test_json_fits_its_schema(name, which):
    card = CARDS[which]
    if name in REFUSE and not scored(card):
        card = CARDS["perfect"]

    assert valid(json.loads(export(name, card)), name) == []


@every_card
def test_the_classroom_result_fits_its_schema_and_adds_up(which):
    card = CARDS[which]
    written = json.loads(base64.b64decode(export("classroom", card)))

    assert valid(written, "classroom") == []
    if scored(card):
        assert sum(test["score"] for test in written["tests"]) == pytest.approx(card.earned)
        assert written["max_score"] == card.possible
    else:
        assert (written["status"], written["max_score"]) == ("error", 0)
        assert [(test["status"], test["score"]) for test in written["tests"]] == [("error", 0)]


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
@pytest.mark.parametrize("card", [scorecard(result("start_works"), picked=True), NOTHING], ids=["picked", "nothing"])
def test_a_card_of_some_checks_only_or_of_none_that_could_be_assessed_is_no_grade(name, card):
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
    # Gradescope's total is fixed, at the 100 points of the lab.
    assert json.loads(export("gradescope", card))["score"] == round(card.earned / 92 * 100, 2)
    assert json.loads(export("prairielearn", card))["score"] == round(card.earned / 92, 6)


def shape(root):
    """Each element of an XML file with its parent, and the attributes that it has."""
    parents = {child: parent.tag for parent in root.iter() for child in parent}
    return {(parents.get(one, ""), one.tag, attribute) for one in root.iter() for attribute in (*one.keys(), "")}


def test_junit_has_the_shape_that_pytest_itself_writes(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "@pytest.fixture(autouse=True)\ndef points(record_property): record_property('points', 1)\n"
        "@pytest.fixture\ndef broken(): raise OSError\n"
        "def test_passed(): pass\ndef test_failed(): assert 0\n"
        "def test_skipped(): pytest.skip('x')\ndef test_error(broken): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", "--junitxml=own.xml", "test_x.py"]
    subprocess.run([*command, "-p", "no:cacheprovider", "--rootdir=."], cwd=tmp_path, capture_output=True, check=False)
    usual = shape(ElementTree.parse(tmp_path / "own.xml").getroot())

    for which in ("failing", "error", "perfect"):
        assert shape(ElementTree.fromstring(export("junit", CARDS[which]))) - usual == set()


def test_junit_counts_and_carries_points_and_causes():
    suite = ElementTree.fromstring(export("junit", CARDS["failing"])).find("testsuite")
    cases = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in suite.iter("testcase")
    }

    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["11", "3", "0", "3"]
    assert cases["right_networks"]["cause"] == "flat_network"
    assert cases["names_resolve"]["earned"] == "6.0"


@every_format
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_content_stays_text(name, language):
    text = export(name, HOSTILE_BUT_SCORED if name in REFUSE else HOSTILE, language)
    if name == "classroom":
        text = base64.b64decode(text).decode()

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
     "@everyone", "https://evil.example/x", "www.evil.example", "1. list", "- list", "<!--", "&lt;", "*bold* _em_",
     "`![x](https://evil.example/x.png)`", "`<img src=x>` `**b**`", "`` ` ``", "$x$", "~~x~~", "[x]: /y", "> x",
     "<?x", "<![CDATA[", "]]>"],
)  # fmt: skip
def test_markdown_from_a_stranger_is_no_markup(word):
    evidence = (Evidence(word, f"{word}\n"),)
    found = finding(evidence=evidence, seen=Text.same(word), wrong=Text.same(word))
    card = scorecard(result("start_works", Verdict.FAILED, finding=found), submission=word)
    honest = scorecard(result("start_works", Verdict.FAILED, finding=finding(evidence=(Evidence("x", "x"),))))
    page, usual = read(export("markdown", card)), read(export("markdown", honest))

    assert page.tags - {"code"} == usual.tags - {"code"}
    if "`" not in word:
        assert "".join(page.words).replace("\u200b", "").count(word.strip("*_ ")) >= 3


def test_nobody_is_mentioned_outside_code():
    found = finding(seen=Text.same("@everyone and `image@sha256`"), evidence=())
    text = export("markdown", scorecard(result("start_works", Verdict.FAILED, finding=found), submission="@class"))
    outside = re.sub(r"<code>.*?</code>", "", text)

    assert "<code>image&#64;sha256</code>" in text
    assert outside.count("@&#8203;") == outside.count("@") == 2


def test_what_was_left_out_of_a_submission_is_said():
    assert "- Left out of the submission: notes.lnk" in export("summary", CARDS["failing"]).splitlines()


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


def huge(times):
    """A card with long words in each of 24 findings, none of them evidence."""
    text = Text.same("``` word </details>\n" * times)
    found = finding(wrong=text, why=text, try_=text, expected=text, seen=text, evidence=())
    return scorecard(*(result(f"check_{number}", Verdict.FAILED, finding=found) for number in range(24)))


@pytest.fixture(params=["evidence", "words", "books"])
def long_card(request):
    """Cards that are too long for one reader or another, and not all for their evidence."""
    return {"evidence": MANY, "words": huge(100), "books": huge(700)}[request.param]


def test_annotations_show_what_was_seen_of_partial_checks_too():
    found = finding(evidence=(Evidence("$ docker logs", "half of it"),))
    text = export("annotations", scorecard(result("names_resolve", Verdict.PARTIAL, finding=found)))

    assert "| half of it" in text.splitlines()


def test_a_summary_is_short_enough_to_be_read_and_taken(long_card):
    written = export("summary", long_card)

    assert len(written.encode()) <= LARGEST < LIMIT
    assert written.count("\n<details>") == written.count("\n</details>\n")
    assert written.count("\n| ❌ ") == 24


def test_prairielearn_gets_no_more_than_it_takes(long_card):
    written = export("prairielearn", long_card)

    assert len(written.encode()) <= 1_000_000
    assert len(json.loads(written)["tests"]) == 24


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_classroom_result_fits_one_variable_of_linux(long_card, language):
    written = export("classroom", long_card, language)

    assert len(written) <= classroom_export.LARGEST
    assert len(json.loads(base64.b64decode(written))["tests"]) == 24
    echo = [sys.executable, "-c", "import os; print(os.environ['GRADE_RESULTS'])"]
    ran = subprocess.run(echo, env={"GRADE_RESULTS": written.strip()}, capture_output=True, text=True, check=True)
    assert ran.stdout == written


def test_classroom50_gets_what_its_runner_told():
    written = json.loads(export("classroom50", CARDS["failing"]))

    assert (written["classroom"], written["assignment"]) == ("docker-101", "networking")
    assert written["owner"] == "kim-minji"
    assert written["submission"] == ENVIRONMENT["SUBMISSION_TAG"]
    assert written["review"] == ENVIRONMENT["COMMIT_URL"]
    assert (written["datetime"], written["graded_at"]) == ("2026-03-09T05:00:00Z", "2026-03-09T05:05:10Z")


def test_classroom50_is_told_the_rest_by_github():
    environment = {
        "CLASSROOM": "docker-101",
        "ASSIGNMENT": "networking",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "class/docker-101-networking-kim-minji",
        "GITHUB_SHA": "4f0c9f3",
        "GITHUB_REF_NAME": "submit/2026-03-09T05-05-10Z-4f0c9f3",
        "GITHUB_ACTOR": "teacher",
    }
    written = json.loads(render("classroom50", CARDS["failing"], "en", environment, Path("result.json")))
    repository = "https://github.com/class/docker-101-networking-kim-minji"

    assert valid(written, "classroom50") == []
    assert (written["owner"], written["assignment_type"]) == ("kim-minji", "individual")
    assert written["commit"] == written["review"] == f"{repository}/commit/4f0c9f3"
    assert written["release"] == f"{repository}/releases/tag/submit%2F2026-03-09T05-05-10Z-4f0c9f3"


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({}, "CLASSROOM, ASSIGNMENT, USERNAME, SUBMISSION_TAG, COMMIT_URL, RELEASE_URL"),
        (ENVIRONMENT | {"SUBMISSION_TAG": "v1"}, "SUBMISSION_TAG (submit/...; 'v1')"),
        (ENVIRONMENT | {"SUBMITTED_AT": "now"}, "SUBMITTED_AT (2026-03-09T05:05:10Z; 'now')"),
    ],
)
def test_classroom50_gets_no_made_up_context(told, missing):
    with pytest.raises(ExportError, match=f": {re.escape(missing)}$") as caught:
        render("classroom50", CARDS["failing"], "en", told, Path("result.json"))

    assert not caught.value.no_grade


@every_format
def test_the_documented_example_is_what_is_written_today(name):
    written = export(name, CARDS["failing"])
    if name == "annotations":
        written = re.sub(r"[0-9a-f]{32}", "0" * 32, written)
    path = EXAMPLES / f"{name}{Path(FORMATS[name].file).suffix}"

    assert path.read_text("utf-8") == written, "renew it: python tests/unit/test_exports.py"


if __name__ == "__main__":
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for format_ in FORMATS:
        text = (
            re.sub(r"[0-9a-f]{32}", "0" * 32, export(format_, CARDS["failing"]))
            if format_ == "annotations"
            else (export(format_, CARDS["failing"]))
        )
        (EXAMPLES / f"{format_}{Path(FORMATS[format_].file).suffix}").write_text(text, "utf-8")

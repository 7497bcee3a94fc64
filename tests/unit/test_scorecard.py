"""The scorecard's record, page and files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from graders.scorecards import files, html, pages, pictures, record
from graders.scorecards.html import render
from graders.scorecards.samples import HOSTILE, LESSON, finding, result, sample_cards, scorecard
from graders.texts import interface
from graders.verdicts import LANGUAGES, Evidence, Text, Verdict

SCORECARDS = Path(html.__file__).parent
SCHEMA = json.loads((SCORECARDS / "result.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Reader(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


CARDS = sample_cards()
GOLDEN = Path(__file__).parent.parent / "golden"
every_page = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in CARDS for language in LANGUAGES]
)


@pytest.mark.parametrize("name", CARDS)
def test_a_record_fits_the_schema(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert [error.message for error in VALIDATOR.iter_errors(written)] == []


@pytest.mark.parametrize("name", sorted(CARDS.keys() - {"hostile"}))
def test_a_card_comes_back_whole_from_its_record(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert CARDS[name] == record.from_record(written)


@pytest.mark.parametrize("name", CARDS)
def test_a_record_comes_back_whole_from_its_card(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert written == record.to_record(record.from_record(written))


def test_evidence_that_was_cut_is_not_cut_again() -> None:
    cut = Evidence("log", "\n".join(f"line {number} " + "\u202e" * 100 for number in range(100)))
    card = scorecard(result("start_works", Verdict.FAILED, finding=finding(evidence=(cut, Evidence("x", "y" * 10**6)))))

    assert card == record.from_record(json.loads(record.to_json(card)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "drydock/result/2"}, "drydock/result/2"),
        ({"lab": {}}, "'id'"),
        ({"checks": 3}, "wrong type"),
        ({"checks": [{}]}, "'id'"),
        ({"submission": None}, "wrong type"),
    ],
)
def test_a_broken_record_is_refused_with_the_reason(change: dict[str, object], words: str) -> None:
    with pytest.raises(record.RecordError, match=re.escape(words)):
        record.from_record({**record.to_record(CARDS["perfect"]), **change})


def test_the_documented_example_fits_the_schema_and_is_a_card() -> None:
    text = (SCORECARDS.parents[1] / "docs" / "result.md").read_text("utf-8")
    example = json.loads(text.split("```json\n")[1].split("```")[0])

    assert [error.message for error in VALIDATOR.iter_errors(example)] == []
    assert example == record.to_record(record.from_record(example))


@pytest.mark.parametrize("text", ["x" * 10**6, "\u202e" * 10**6, HOSTILE, "plain"])
def test_a_text_made_safe_stays_as_it_is(text: str) -> None:
    once = record.safe(text)

    assert once == record.safe(once)
    assert len(once) <= record.LONGEST


@every_page
def test_a_page_asks_for_nothing_and_runs_no_script_but_its_own(name: str, language: str) -> None:
    page = Reader(render(CARDS[name], language))

    used = {tag for tag, _ in page.tags}
    attributes = {key for _, found in page.tags for key in found}
    targets = {found["href"] or "" for tag, found in page.tags if found.get("href")}
    assert [found for tag, found in page.tags if tag == "script"] == [{}]
    assert not used & {"img", "iframe", "object", "embed", "base", "form"}
    assert not {key for key in attributes if key.startswith("on") or key in ("style", "src", "srcset")}
    assert all(target == "data:," or target.startswith(("#", "scorecard.", LESSON)) for target in targets)


@every_page
def test_a_page_links_within_itself_to_what_is_there(name: str, language: str) -> None:
    page = Reader(render(CARDS[name], language))
    ids = [found["id"] for _, found in page.tags if "id" in found]
    wanted = {(found["href"] or "")[1:] for _, found in page.tags if (found.get("href") or "").startswith("#")}
    wanted |= {found["aria-labelledby"] or "" for _, found in page.tags if "aria-labelledby" in found}

    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


def test_the_policy_names_the_hashes_of_the_style_and_the_script() -> None:
    page = render(CARDS["failing"], "en")
    style = page.split("<style>")[1].split("</style>")[0]
    script = page.split("<script>")[1].split("</script>")[0]
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]

    assert "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:".format(*hashes) in page
    assert "url(" not in style


def test_what_differs_between_expected_and_seen_is_marked() -> None:
    page = html.Page(CARDS["failing"], "en")

    assert page.compare(Text.same("store: inner"), Text.same("store: inner, outer")) == (
        "store: inner",
        "store: inner<mark>, outer</mark>",
    )


def test_a_difference_within_code_is_marked_within_the_code() -> None:
    page = html.Page(CARDS["failing"], "en")

    assert page.compare(Text.same("port `8000` of <a>"), Text.same("port `9000` of <a>")) == (
        "port <code><mark>8000</mark></code> of &lt;a&gt;",
        "port <code><mark>9000</mark></code> of &lt;a&gt;",
    )


@pytest.mark.parametrize("seen", ["exit code 3", "the page comes at once", "x " * 5000])
def test_nothing_is_marked_in_texts_that_are_the_same_or_little_alike(seen: str) -> None:
    page = html.Page(CARDS["failing"], "en")

    assert "<mark>" not in "".join(page.compare(Text.same("the page comes at once"), Text.same(seen)))


def test_checks_stand_under_their_tasks_with_the_points_of_each() -> None:
    tasks = (Text("Start", "시작"), Text("Names", "이름"))
    wrong = result("names_resolve", Verdict.FAILED, finding=finding(), task=tasks[1])
    page = render(scorecard(result("start_works", task=tasks[0]), result("containers_run", task=tasks[0]), wrong), "en")
    headings = re.findall(r'<h3>(\w+) <span class="number">([\d.]+) / ([\d.]+)', page)

    assert headings == [("Start", "20", "20"), ("Names", "0", "12")]


def test_layers_are_drawn_against_the_budget() -> None:
    own = [{"step": "COPY . .", "size": 3 << 20}, {"step": "RUN make", "size": 9 << 20}]
    drawn = pictures.layers({"layers": {"base": 100 << 20, "budget": 10 << 20, "own": own}})

    assert drawn is not None
    assert (drawn.added, drawn.over) == (12 << 20, True)
    assert [bar.left for bar in drawn.own] == [0, drawn.own[0].width]
    assert drawn.own[0].width < drawn.limit < drawn.left


def test_an_image_without_layers_of_its_own_has_no_bars() -> None:
    drawn = pictures.layers({"layers": {"base": 1, "budget": 10, "own": []}})

    assert drawn is not None
    assert (drawn.added, drawn.left, drawn.over) == (0, 0, False)


@every_page
def test_a_page_is_in_one_language_and_the_same_each_time(name: str, language: str) -> None:
    page = render(CARDS[name], language)

    assert page == render(CARDS[name], language)
    assert f'<html lang="{language}">' in page
    if language == "en" and name != "hostile":
        assert set() == set(re.findall(r"[가-힣]+", page)) - {"한국어"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_content_is_shown_as_text(language: str) -> None:
    page = render(CARDS["hostile"], language)
    words = "".join(Reader(page).words)

    assert "<script>alert(1)</script>" in words
    assert "{{ 7 * 7 }}" in words
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    assert "<U+202E>evil" in words
    assert len(page.encode("utf-8")) < 100_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_is_a_link_only_where_it_is_on_the_web(language: str) -> None:
    page = render(
        scorecard(replace(result("start_works", Verdict.FAILED, finding=finding()), lesson="javascript:alert(1)")),
        language,
    )

    assert "javascript:" not in {found["href"] for _, found in Reader(page).tags if "href" in found}
    assert "javascript:alert(1)" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", ["<&한글 \x1b[0m", "\u202e", "a plain line of a log "])
def test_a_page_stays_small_with_24_failing_checks(language: str, line: str) -> None:
    log = "\n".join(line * 20 for _ in range(60))
    found = finding(evidence=tuple(Evidence(f"$ docker logs {number}", log) for number in range(4)))
    card = scorecard(*(result(f"check_{number}", Verdict.FAILED, finding=found) for number in range(24)))
    page = render(card, language)

    assert len(page.encode("utf-8")) < 300 << 10
    assert interface("shortened").in_language(language) in page


def keys_in_templates() -> Iterator[str]:
    for template in sorted((SCORECARDS / "templates").glob("*.html")):
        yield from re.findall(r'say\("([a-z_]+)"[,)]', template.read_text("utf-8"))
    yield from Verdict
    yield from ("running", "stopped", "missing", "legend_missing", "legend_extra", "event_broken", "event_recovered")
    yield from ("layers_within", "layers_over")
    yield from ("lines_left_out", "characters_left_out", "shortened", "other_language")


@pytest.mark.parametrize("key", sorted(set(keys_in_templates())))
def test_each_text_of_the_page_exists_in_both_languages(key: str) -> None:
    text = interface(key)

    assert text.en
    assert text.ko
    assert Text(text.en, text.en).placeholders() == Text(text.ko, text.ko).placeholders()


@every_page
def test_no_placeholder_is_left_on_a_page(name: str, language: str) -> None:
    page = render(CARDS[name], language).split("</style>")[1].split("<script>")[0]
    page = re.sub(r' data-shown="[^"]*"', "", page)  # the script fills it

    assert re.findall(r"(?<!\{)\{[a-z_]+\}(?!\})", page) == []


def test_the_page_says_what_is_first_and_what_blocks() -> None:
    page = render(CARDS["failing"], "en")

    assert page.index("Fix this first") < page.index("The store is on the outer network") < page.index(">Checks<")
    assert "needs Each container is on just its networks" in page
    assert "This kernel has no <code>ip_vs</code> module." in page


def test_an_error_is_no_score_and_not_the_students_fault() -> None:
    page = render(CARDS["error"], "en")

    assert "Not your fault" in page
    assert interface("no_score").en in page
    assert "<strong>–</strong>" in page


def test_missing_and_unwanted_links_are_drawn_and_named() -> None:
    page = render(CARDS["failing"], "en")

    assert page.count('<g class="link missing">') == 1
    assert page.count('<g class="link extra">') == 1
    assert interface("legend_missing").en in page


@pytest.mark.parametrize("empty", [{}, {"timeline": []}, {"networks": [], "containers": [], "expected": {}}])
def test_a_card_without_observations_has_no_pictures(empty: dict[str, object]) -> None:
    page = render(scorecard(observed=empty), "ko")

    assert interface("what_docker_had").ko not in page
    assert interface("timeline").ko not in page


@pytest.mark.parametrize(("value", "words"), [(12.5, "12.5"), (100.0, "100"), (0.0, "0"), (3.33, "3.33"), (20, "20")])
def test_numbers_have_no_needless_zeros(value: float, words: str) -> None:
    assert words == pages.number(value)


def test_both_pages_and_the_record_are_written(tmp_path: Path) -> None:
    path = files.write(CARDS["failing"], tmp_path / "deep" / "folder", "ko")

    assert path == tmp_path / "deep" / "folder" / "scorecard.html"
    assert {"scorecard.html", "scorecard.en.html", "result.json"} == {file.name for file in path.parent.iterdir()}
    assert '<a href="scorecard.en.html" lang="en"' in path.read_text("utf-8")
    assert '<a href="scorecard.html" lang="ko"' in path.with_name("scorecard.en.html").read_text("utf-8")
    assert record.from_record(json.loads(path.with_name("result.json").read_text("utf-8"))) == CARDS["failing"]


def test_a_card_in_another_language_leaves_no_page_of_the_earlier_one(tmp_path: Path) -> None:
    files.write(CARDS["failing"], tmp_path, "en")
    files.write(CARDS["perfect"], tmp_path, "ko")

    assert {"scorecard.html", "scorecard.en.html", "result.json"} == {file.name for file in tmp_path.iterdir()}


def test_a_failed_write_leaves_the_earlier_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(CARDS["perfect"], tmp_path, "en")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="no space"):
        files.write(CARDS["failing"], tmp_path, "en")

    assert before == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_folder_gets_a_name_that_every_file_system_takes() -> None:
    names = [
        files.folder_name(name)
        for name in ("kim-minji", "김민지", "a b", "a_b", "../..", "a/b", "", "x" * 300, HOSTILE)
    ]

    assert names[:2] == ["kim-minji", "김민지"]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[\w-][\w.-]{0,99}", name) for name in names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_the_golden_one(language: str) -> None:
    golden = (GOLDEN / f"failing.{language}.html").read_text("utf-8")
    renew = "python -m graders.scorecards.samples tests/golden failing"

    assert golden == render(CARDS["failing"], language), f"look at what changed, then renew it: {renew}"

"""The scorecard in a real browser: in each language, light, dark, narrow, printed, without its script, hostile."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from graders.scorecards.html import render
from graders.scorecards.samples import finding, result, sample_cards, scorecard
from graders.verdicts import LANGUAGES, Evidence, Verdict

CARDS = sample_cards()
WIDE, NARROW = {"width": 1100, "height": 900}, {"width": 360, "height": 740}
LEAST_TARGET = 24  # CSS pixels: WCAG 2.2, 2.5.8

every_card = pytest.mark.parametrize("name", sorted(CARDS))
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def written(tmp_path):
    """Write a card's page, and return its path."""

    def write(card, language="en"):
        path = tmp_path / "scorecard.html"
        path.write_text(render(card, language), "utf-8")
        return path

    return write


@every_card
@every_language
def test_axe_finds_nothing_wrong_in_the_light_nor_with_the_colors_of_the_dark(
    open_page, written, violations, name, language
):
    page = open_page(written(CARDS[name], language), viewport=WIDE, color_scheme="light")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, colors=True) == []


@every_card
@every_language
def test_a_narrow_page_fits_and_axe_finds_nothing_wrong(open_page, written, violations, name, language):
    page = open_page(written(CARDS[name], language), viewport=NARROW)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

    assert sizes[0] <= sizes[1]
    assert violations(page) == []


@every_card
def test_whatever_can_be_pressed_is_large_enough(open_page, written, name):
    page = open_page(written(CARDS[name]), viewport=NARROW)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    small = page.evaluate(
        """(least) => [...document.querySelectorAll("a, button, input, summary")]
            .filter((one) => !one.closest("p:not(.lesson), dd") && one.getClientRects().length)
            .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
            .filter(([, box]) => box.width < least || box.height < least)
            .map(([text, box]) => `${text} ${box.width}x${box.height}`)""",
        LEAST_TARGET,
    )

    assert small == []


def test_without_its_script_everything_can_be_read_and_no_tool_is_shown(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE, java_script_enabled=False)

    assert page.locator("[data-tool]:visible").count() == 0
    assert page.locator("#first .compare").is_visible()
    page.locator("#check-strangers_stay_out summary.row").click()
    assert page.locator("#check-strangers_stay_out .compare").is_visible()


def test_hints_open_one_after_the_other(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE)
    hints = page.locator("#first .hint > p")

    assert [hints.nth(number).is_visible() for number in range(3)] == [True, False, False]
    page.locator("#first .hint .hint > summary").first.click()
    assert [hints.nth(number).is_visible() for number in range(3)] == [True, True, False]


def test_the_filter_and_the_search_leave_what_fits(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE)

    def shown():
        return [row.get_attribute("id") for row in page.locator(".checks > .check:visible").all()]

    page.locator("button.filter[value=blocked]").click()
    assert shown() == ["check-survives_new_address", "check-starts_again"]
    page.locator("#search").fill("clean.sh")
    assert shown() == ["check-starts_again"]
    assert page.locator("#status").text_content() == "1 of 11 checks shown"
    page.locator("#search").fill("nothing like it")
    assert shown() == []
    assert page.locator("#no-match").is_visible()
    page.locator("#search").fill("")
    page.locator("button.filter[value=blocked]").click()
    assert len(shown()) == 11


def test_all_checks_open_and_close_at_once(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE)
    details = page.locator(".checks .check > details")

    page.locator("#expand").click()
    assert [one.get_attribute("open") for one in details.all()] == [""] * details.count()
    assert page.locator("#expand").text_content() == "Close all"
    page.locator("#expand").click()
    assert [one.get_attribute("open") for one in details.all()] == [None] * details.count()


def test_a_command_is_copied_without_its_prompt(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])

    page.locator("#first button.copy").click()
    expect(page.locator("#status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "docker exec middle wget -qO- http://store:8080/"


def test_the_keyboard_reaches_and_opens_every_check(open_page, written):
    page = open_page(written(CARDS["failing"]), viewport=WIDE)
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.closest('.check')?.id ?? document.activeElement.tagName")
        if here == "check-strangers_stay_out" and here not in reached:
            page.keyboard.press("Enter")
        reached.add(here)
        if here == "BODY":
            break

    folded = {row.get_attribute("id") for row in page.locator(".checks > .check:has(summary.row)").all()}
    assert folded <= reached
    assert page.locator("#check-strangers_stay_out .compare").is_visible()


@every_language
def test_a_print_shows_what_was_folded_and_no_tools(open_page, written, tmp_path, language):
    page = open_page(written(CARDS["failing"], language), viewport=WIDE)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.locator("#check-strangers_stay_out .compare").is_visible()
    assert page.locator(".tools:visible, button.copy:visible").count() == 0
    assert len(page.pdf()) > 10_000


@every_language
def test_hostile_content_is_text_and_does_nothing(open_page, written, language):
    page = open_page(written(CARDS["hostile"], language), viewport=WIDE)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, form, base").count() == 0
    assert "<script>alert(1)</script>" in (page.locator("main").text_content() or "")
    assert page.title().startswith("Custom networks" if language == "en" else "사용자 정의")


def test_the_policy_stops_a_script_that_got_onto_the_page(browser, written, tmp_path):
    path = written(CARDS["perfect"])
    path.write_text(
        path.read_text("utf-8").replace("<main>", "<main><script>document.title = 'owned'</script>"), "utf-8"
    )
    page = browser.new_page()
    page.goto(path.as_uri())

    assert page.title().startswith("Custom networks")
    page.close()


@every_language
def test_24_failing_checks_are_one_page_that_works(open_page, written, violations, language):
    log = "\n".join(f"line {number}: <b>한글</b> \x1b[0m" for number in range(60))
    found = finding(evidence=tuple(Evidence(f"$ docker logs {number}", log) for number in range(4)))
    card = scorecard(*(result(f"check_{number}", Verdict.FAILED, finding=found) for number in range(24)))
    path = written(card, language)
    page = open_page(path, viewport=NARROW)

    assert path.stat().st_size < 300 << 10
    assert page.locator(".checks > .check").count() == 24
    assert violations(page) == []


@every_language
def test_the_page_names_its_language_and_korean_words_stay_whole(open_page, written, language):
    page = open_page(written(CARDS["failing"], language), viewport=WIDE)
    style = page.evaluate(
        "[getComputedStyle(document.body).wordBreak, [...document.querySelectorAll('*')]"
        ".filter((one) => getComputedStyle(one).fontStyle !== 'normal').length]"
    )

    assert page.locator("html").get_attribute("lang") == language
    assert style == ["keep-all" if language == "ko" else "normal", 0]

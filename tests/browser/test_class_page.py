"""The class page and the course page in a real browser: in each language, light, dark, narrow, printed, hostile."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from graders.classes.course import render_course
from graders.classes.page import render
from graders.classes.samples import GIVEN, sample_course, sample_view, sample_views
from graders.verdicts import LANGUAGES

VIEWS = sample_views()
LARGE = VIEWS.pop("large")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LEAST_TARGET = 24  # CSS pixels: WCAG 2.2, 2.5.8
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"

every_page = pytest.mark.parametrize("name", [*sorted(VIEWS), "course"])
every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def written(tmp_path):
    """Write a page, and return its path."""

    def write(name, language="en"):
        page = render_course(sample_course(), language) if name == "course" else render(VIEWS[name], language)
        path = tmp_path / f"{name}.html"
        path.write_text(page, "utf-8")
        return path

    return write


def names(page):
    """The students that the table shows, in its order."""
    return [line.inner_text() for line in page.locator("#students tbody tr:visible > th").all()]


@every_page
@every_language
def test_axe_finds_nothing_wrong_in_the_light_nor_with_the_colors_of_the_dark(
    open_page, written, violations, name, language
):
    page = open_page(written(name, language), viewport=WIDE, color_scheme="light")
    page.evaluate(OPEN_ALL)

    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, colors=True) == []


@every_page
@every_language
def test_a_narrow_page_fits_and_axe_finds_nothing_wrong(open_page, written, violations, name, language):
    page = open_page(written(name, language), viewport=NARROW)
    page.evaluate(OPEN_ALL)
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

    assert sizes[0] <= sizes[1]
    assert violations(page) == []


@every_page
def test_whatever_can_be_pressed_is_large_enough(open_page, written, name):
    page = open_page(written(name), viewport=NARROW)
    page.evaluate(OPEN_ALL)
    small = page.evaluate(
        """(least) => [...document.querySelectorAll("a, button, input, select, summary")]
            .filter((one) => one.getClientRects().length)
            .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
            .filter(([, box]) => box.width < least || box.height < least)
            .map(([text, box]) => `${text} ${box.width}x${box.height}`)""",
        LEAST_TARGET,
    )

    assert small == []


@every_page
def test_without_its_script_everything_can_be_read_and_no_tool_is_shown(open_page, written, name):
    page = open_page(written(name), viewport=WIDE, java_script_enabled=False)

    assert page.locator("[data-tool]:visible, #students button").count() == 0
    if name == "class":
        page.locator(".causes summary").first.click()
        page.locator(".causes .who a").first.click()
        assert page.locator("#students tr:target th").inner_text() == "Okafor Minji"
        assert names(page) == sorted(names(page), key=str.casefold)


def test_whoever_listens_hears_whose_verdict_it_is_for_which_check(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    snapshot = page.locator("#students").aria_snapshot()
    line = next(part for part in snapshot.split("- row ") if part.startswith('"Choi Ana'))

    assert line.startswith('"Choi Ana 202600003 70 / 92 passed passed passed not assessable passed passed failed')
    assert 'rowheader "Choi Ana"' in line
    assert 'columnheader "1 start.sh ends well and in time"' in snapshot


def test_a_head_sorts_up_then_down_and_says_so(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    heads = page.locator("#students thead th")

    def points():
        return [line.locator("td").nth(1).inner_text() for line in page.locator("#students tbody tr").all()]

    heads.nth(2).locator("button").click()
    assert [float(text.split()[0]) for text in points()] == sorted(float(text.split()[0]) for text in points())
    assert heads.nth(2).get_attribute("aria-sort") == "ascending"
    assert heads.nth(0).get_attribute("aria-sort") is None
    assert page.locator("#status").text_content() == "Sorted by Points / 100, ascending"
    heads.nth(2).locator("button").press("Enter")
    assert points()[0] == "100"
    assert heads.nth(2).get_attribute("aria-sort") == "descending"


def test_a_check_sorts_the_worst_first_and_keeps_names_in_order(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    page.locator("#students thead th.c button").last.click()
    cells = page.evaluate("[...document.querySelectorAll('#students tbody tr')].map((row) => row.cells[13].className)")
    failing = names(page)[: cells.count("f")]

    assert cells == sorted(cells, key="fbhnp".index)
    assert cells.count("f") == 5
    assert failing == sorted(failing)


@every_language
def test_every_head_can_be_sorted_by_in_both_directions(open_page, written, language):
    page = open_page(written("class", language), viewport=WIDE)
    before = names(page)
    for button in page.locator("#students thead button").all():
        for _ in range(2):
            button.click()
            assert sorted(names(page)) == sorted(before)


def test_search_and_choices_leave_what_fits_and_one_button_shows_all(open_page, written):
    page = open_page(written("class"), viewport=WIDE)

    page.locator("#search").fill("kim 2026")
    assert names(page) == ["Kim Lucía"]
    assert page.locator("#status").text_content() == "1 of 12 students shown"
    page.locator("#search").fill("")
    page.locator("#verdict").select_option(label="blocked")
    assert names(page) == ["Choi Ana", "박도윤"]
    page.locator("#check").select_option(label="8 It still works when the store moves")
    assert names(page) == ["Choi Ana"]
    page.locator("#search").fill("nobody")
    assert names(page) == []
    assert page.locator("#no-match").is_visible()
    page.locator("#clear").click()
    assert len(names(page)) == 12
    assert page.locator("#clear").is_disabled()


def test_a_misconception_is_shown_in_the_table(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    page.locator(".causes summary").first.click()
    wanted = [link.inner_text() for link in page.locator(".causes > li").first.locator(".who a").all()]

    page.locator(".causes button.only").first.click()
    assert names(page) == wanted
    assert page.evaluate("document.activeElement.id") == "cause"


def test_a_link_leads_to_a_student_that_was_filtered_out(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    page.locator("#search").fill("kim")
    page.locator(".causes summary").first.click()
    page.locator(".causes .who a").first.click()

    assert page.locator("#students tr:target th").is_visible()
    assert page.locator("#students tr:target th").inner_text() == "Okafor Minji"


def test_who_points_at_a_cell_reads_whose_and_which_it_is(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    cell = page.locator("#students tbody tr").first.locator("td.f")
    cell.hover()

    assert cell.get_attribute("title") == "Choi Ana · 7 A random message comes back through the port · failed"


def test_the_command_to_rerun_is_copied(open_page, written):
    page = open_page(written("class"), viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#errors button.copy").click()
    expect(page.locator("#status")).not_to_be_empty()

    assert page.evaluate("navigator.clipboard.readText()") == "drydock grade networking hand-ins --errors"


def test_the_keyboard_reaches_every_tool_and_every_head(open_page, written):
    page = open_page(written("class"), viewport=WIDE)
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))

    wanted = ("search", "verdict", "check", "cause", "Name", "ID", "Points / 100", "Handed in", "Choi Ana")
    assert [one for one in wanted if one not in reached] == []


@every_language
def test_a_print_has_every_student_and_no_tools(open_page, written, language):
    page = open_page(written("class", language), viewport=WIDE)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    inside = page.evaluate(
        "(() => { const box = document.querySelector('.tall'); return [box.scrollHeight, box.clientHeight]; })()"
    )

    assert inside[0] <= inside[1] + 1
    assert page.locator(".tools:visible, button.copy:visible, button.only:visible").count() == 0
    assert page.locator(".causes .who").first.is_visible()
    assert len(page.pdf(format="A4")) > 10_000


def test_a_print_of_15_checks_fits_a_sheet_of_a4(open_page, tmp_path):
    path = tmp_path / "wide.html"
    path.write_text(render(sample_view(8, 15), "en"), "utf-8")
    page = open_page(path, viewport={"width": 688, "height": 1000})  # 210 mm without margins of 14 mm
    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= 688


@every_language
def test_hostile_content_is_text_and_does_nothing(open_page, written, language):
    page = open_page(written("hostile", language), viewport=WIDE)
    page.evaluate(OPEN_ALL)

    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, form, base").count() == 0
    assert "<script>alert(1)</script>" in (page.locator("main").text_content() or "")
    links = page.evaluate("[...document.querySelectorAll('main a')].map((one) => one.protocol)")
    assert set(links) == {"file:"}


def test_the_policy_stops_a_script_that_got_onto_the_page(browser, written):
    path = written("class")
    text = path.read_text("utf-8")
    path.write_text(text.replace("<main>", "<main><script>document.title = 'owned'</script>"), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())

    assert page.title().startswith("Custom networks")
    page.close()


@every_language
def test_1000_students_are_one_page_that_works(open_page, written, violations, tmp_path, language):
    path = tmp_path / "large.html"
    path.write_text(render(LARGE, language), "utf-8")
    page = open_page(path, viewport=NARROW)

    page.locator("#search").fill("novak")
    assert set(names(page)) == {f"Novak {given}" for given in GIVEN["en"]}
    page.locator("#students thead button").nth(2).click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_the_course_page_is_searched_and_sorted(open_page, written):
    page = open_page(written("course"), viewport=WIDE)
    page.locator("#search").fill("novak")
    assert set(names(page)) == {"Novak Ana", "Novak Hana"}
    page.locator("#search").fill("")
    page.locator("#students thead button").last.click()
    assert set(names(page)[:3]) == {"202609002", "202609004", "Absent Anna"}


@every_language
def test_the_page_names_its_language_and_korean_words_stay_whole(open_page, written, language):
    page = open_page(written("class", language), viewport=WIDE)

    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("getComputedStyle(document.body).wordBreak") == ("keep-all" if language == "ko" else "normal")


def test_a_class_of_15_checks_fits_a_narrow_page(open_page, tmp_path):
    path = tmp_path / "wide.html"
    path.write_text(render(sample_view(8, 15), "ko"), "utf-8")
    page = open_page(path, viewport=NARROW)

    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]

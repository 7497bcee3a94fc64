"""The arithmetic of points, and strangers' text made safe to show."""

import sys
import unicodedata

import pytest

from graders.verdicts import Evidence, Finding, Result, Scorecard, Text, Verdict, earned, visible

SAME = Text.same("x")


def result(verdict, points=10.0, share=0.0, check="c"):
    finding = Finding("cause", *[SAME] * 5) if verdict in (Verdict.FAILED, Verdict.PARTIAL) else None
    return Result(check, SAME, points, verdict, earned(points, verdict, share), finding=finding)


def card(*results):
    return Scorecard("lab", "1", SAME, 1, "me", "", "run", "now", 1.0, {}, results)


@pytest.mark.parametrize(
    ("verdict", "share", "points"),
    [
        (Verdict.PASSED, 0.0, 10.0),
        (Verdict.PASSED, 0.5, 10.0),
        (Verdict.PARTIAL, 0.5, 5.0),
        (Verdict.PARTIAL, 1 / 3, 3.33),
        (Verdict.FAILED, 0.5, 0.0),
        (Verdict.BLOCKED, 0.0, 0.0),
        (Verdict.NOT_ASSESSABLE, 0.0, 0.0),
        (Verdict.ERROR, 0.0, 0.0),
    ],
)
def test_a_verdict_earns_its_points(verdict, share, points):
    assert earned(10, verdict, share) == points


def test_a_card_sums_up_what_was_earned():
    some = card(result(Verdict.PASSED), result(Verdict.PARTIAL, share=0.25), result(Verdict.BLOCKED))

    assert (some.earned, some.possible) == (12.5, 30.0)
    assert some.complete
    assert not some.full_marks


def test_sums_have_no_crumbs():
    some = card(*[result(Verdict.PASSED, 0.1) for _ in range(3)])

    assert (some.earned, some.possible) == (0.3, 0.3)


def test_a_blocked_check_stays_in_the_total():
    assert card(result(Verdict.BLOCKED, 40)).possible == 40


def test_what_cannot_be_assessed_leaves_the_total():
    some = card(result(Verdict.PASSED, 60), result(Verdict.NOT_ASSESSABLE, 40))

    assert (some.earned, some.possible) == (60, 60)
    assert some.full_marks


def test_a_card_with_nothing_to_earn_has_no_full_marks():
    assert not card(result(Verdict.NOT_ASSESSABLE)).full_marks
    assert not card().full_marks


def test_an_error_leaves_a_card_without_a_score():
    some = card(result(Verdict.PASSED), result(Verdict.ERROR))

    assert not some.complete
    assert not some.full_marks


def test_a_card_without_results_has_no_score():
    assert not card().complete


def test_every_point_earned_is_full_marks():
    assert card(result(Verdict.PASSED, 33.3), result(Verdict.PASSED, 66.7)).full_marks


def test_the_first_thing_to_fix_failed_on_its_own_account():
    some = card(
        result(Verdict.PASSED, check="a"),
        result(Verdict.BLOCKED, check="b"),
        result(Verdict.PARTIAL, share=0.5, check="c"),
        result(Verdict.FAILED, check="d"),
    )

    assert some.first.check == "c"
    assert card(result(Verdict.PASSED)).first is None


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("plain, 한국어 é ✓\ttab\nline", "plain, 한국어 é ✓\ttab\nline"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm␇"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\x00b", "a␀b"),
        ("passed\rfailed", "passed␍failed"),
        ("one\r\ntwo", "one\ntwo"),
        ("back\b\x7f", "back␈␡"),
        ("\u202eevil\u2066x", "<U+202E>evil<U+2066>x"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("line\u2028end\u2029", "line<U+2028>end<U+2029>"),
        ("lone \udc80", "lone <U+DC80>"),
        ("\ue000\U000e0041", "<U+E000><U+E0041>"),
        ("\x85", "<U+0085>"),
    ],
)
def test_what_a_terminal_would_not_show_becomes_visible(hidden, shown):
    assert visible(hidden) == shown


def test_a_text_that_is_left_as_it_is_has_nothing_in_it_that_would_not_show():
    hidden = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    characters = [chr(code) for code in range(sys.maxunicode + 1) if chr(code) not in "\n\t"]

    assert [one for one in characters if (visible(one) == one) is (unicodedata.category(one) in hidden)] == []


def test_visible_text_can_be_encoded_and_stays_the_same():
    everything = "".join(map(chr, range(0x3000))) + "\udc80\U000e0001"

    assert visible(visible(everything, 10**6), 10**6) == visible(everything, 10**6)
    assert visible(everything, 10**6).encode()


def test_a_long_text_is_cut_in_its_middle_and_says_so():
    assert visible("a" * 50 + "b" * 50, 20) == f"{'a' * 10}\n[... 80 characters left out ...]\n{'b' * 10}"


def test_evidence_keeps_its_last_forty_lines():
    piece = Evidence("$ docker logs x", "".join(f"line {number}\n" for number in range(100)))

    lines = piece.text.split("\n")
    assert lines[0] == "[... 60 lines left out ...]"
    assert lines[1:] == [f"line {number}" for number in range(60, 100)]


def test_evidence_of_forty_lines_is_whole():
    text = "\n".join(map(str, range(40)))

    assert Evidence("t", text + "\n").text == text


def test_evidence_is_safe_to_show_and_has_an_end():
    piece = Evidence("\x1b[2J" + "t" * 1000, "\x1b[2J" + "x" * 100_000)

    assert "\x1b" not in piece.title + piece.text
    assert len(piece.title) < 500
    assert len(piece.text) < 6100


def test_a_placeholder_without_a_value_stays_as_it_is():
    assert Text("{a} {b} {A}", "{b}").fill({"a": "1 {b}"}) == Text("1 {b} {b} {A}", "{b}")


def test_placeholders_are_those_of_all_languages():
    assert Text("{a}", "{b_c}").placeholders() == {"a", "b_c"}


def test_a_language_that_we_do_not_have_is_english():
    assert Text("en", "ko").in_language("fr") == "en"

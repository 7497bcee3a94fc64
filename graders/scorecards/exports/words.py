"""What the exporters share: a finding in words, and the refusal to make a grade of no score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from graders.texts import interface
from graders.verdicts import Result, Scorecard, Verdict

MOST_EVIDENCE = 4_000  # characters of each piece


class NotScored(Exception):
    """The card has no score, which the format cannot say; a zero would be a lie. Its text is for people."""


class ContextMissing(Exception):
    """A format needs to know more than the card says; the text names the variables that would tell."""


def no_grade(card: Scorecard) -> str:
    """Why a card is no grade, as a key of the interface's texts; empty where it is one."""
    if not card.complete:
        return "no_score"
    if card.picked:
        return "not_whole"
    return "" if card.possible else "nothing_assessed"


def need_score(card: Scorecard, language: str) -> None:
    """Refuse a card that is no grade, or that had nothing to score.

    Raises:
        NotScored: it is no grade.
    """
    if why := no_grade(card):
        raise NotScored(say(why, language))


def say(key: str, language: str) -> str:
    """A text of the interface."""
    return interface(key).in_language(language)


def headline(card: Scorecard, language: str) -> str:
    """What to say of a card with a score in one line."""
    if card.first is None:
        return say("all_well", language)
    return f"{say('fix_first', language)}: {card.first.title.in_language(language)}"


def counted(card: Scorecard) -> list[Result]:
    """The checks whose points count."""
    return [result for result in card.results if result.verdict is not Verdict.NOT_ASSESSABLE]


def reason(card: Scorecard, result: Result, language: str) -> str:
    """Why a check was not observed; empty where it was."""
    if result.blocked_by:
        titles = {one.check: one.title for one in card.results}
        need = titles[result.blocked_by].in_language(language) if result.blocked_by in titles else result.blocked_by
        return interface("needs").fill({"need": need}).in_language(language)
    return result.reason.in_language(language) if result.reason else ""


def told(result: Result, language: str) -> Iterator[tuple[str, str]]:
    """What a finding says: the key of each label with its text, the evidence aside."""
    finding = result.finding
    if finding is None:
        return
    for key, text in (("expected", finding.expected), ("seen", finding.seen), ("why", finding.why),
                      ("try", finding.try_)):  # fmt: skip
        yield key, text.in_language(language)
    if finding.reproduce:
        yield "reproduce", finding.reproduce
    if result.hints:
        yield "hint", result.hints[0].in_language(language)


def plain(card: Scorecard, result: Result, language: str, *, evidence: bool = True) -> str:
    """All that is known of a check, as plain text; empty where it passed."""
    if result.finding is None:
        return reason(card, result, language)
    lines = [result.finding.wrong.in_language(language), ""]
    lines += [f"{say(key, language)}: {text}" for key, text in told(result, language)]
    for piece in result.finding.evidence if evidence else ():
        lines += ["", piece.title, *(f"| {line}" for line in piece.text[-MOST_EVIDENCE:].splitlines())]
    return "\n".join(lines)


def dump(record: Any) -> str:
    """JSON as text."""
    return json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

"""PrairieLearn's `/grade/results/results.json` (https://prairielearn.readthedocs.io/en/latest/externalGrading/):
an error is `gradable: false`, which costs the student no attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import counted, dump, headline, no_grade, plain, reason, say
from graders.verdicts import Result, Scorecard

LARGEST = 1_000_000  # bytes; PrairieLearn refuses more
LONGEST = 2_000  # characters of what is wrong, in one check


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text: with less of each finding where it would be too large."""
    written = ""
    for detail in ("evidence", "words", ""):
        written = dump(_record(card, language, detail))
        if len(written.encode()) <= LARGEST:
            break
    return written


def _record(card: Scorecard, language: str, detail: str) -> dict[str, Any]:
    if why := no_grade(card):
        message = say("not_your_fault" if why == "no_score" else why, language)
        return {"gradable": False, "message": message, "format_errors": [message]}
    return {
        "gradable": True,
        "score": round(card.earned / card.possible, 6),
        "message": headline(card, language),
        "tests": [_test(card, result, language, detail) for result in counted(card)],
    }


def _test(card: Scorecard, result: Result, language: str, detail: str) -> dict[str, Any]:
    wrong = result.finding.wrong.in_language(language) if result.finding else reason(card, result, language)
    test = {
        "name": result.title.in_language(language),
        "description": result.check,
        "points": result.earned,
        "max_points": result.points,
        "message": wrong[:LONGEST],
    }
    if detail:
        test["output"] = plain(card, result, language, evidence=detail == "evidence")
    return test

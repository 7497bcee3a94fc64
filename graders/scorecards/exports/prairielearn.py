"""PrairieLearn's `/grade/results/results.json` (https://prairielearn.readthedocs.io/en/latest/externalGrading/):
an error is `gradable: false`, which costs the student no attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import counted, dump, headline, plain, say
from graders.verdicts import Result, Scorecard

LARGEST = 1_000_000  # bytes; PrairieLearn refuses more


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text, without evidence where it would be too large with it."""
    written = _written(card, language, evidence=True)
    return written if len(written.encode()) <= LARGEST else _written(card, language, evidence=False)


def _written(card: Scorecard, language: str, *, evidence: bool) -> str:
    if not card.complete or card.picked:
        message = say("not_your_fault" if not card.complete else "not_whole", language)
        return dump({"gradable": False, "message": message, "format_errors": [message]})
    return dump(
        {
            "gradable": True,
            "score": round(card.earned / card.possible, 6) if card.possible else 0,
            "message": headline(card, language),
            "tests": [_test(card, result, language, evidence) for result in counted(card)],
        }
    )


def _test(card: Scorecard, result: Result, language: str, evidence: bool) -> dict[str, Any]:
    wrong = result.finding.wrong.in_language(language) if result.finding else plain(card, result, language)
    return {
        "name": result.title.in_language(language),
        "description": result.check,
        "points": result.earned,
        "max_points": result.points,
        "message": wrong,
        "output": plain(card, result, language, evidence=evidence),
    }

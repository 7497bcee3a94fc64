"""Gradescope's `/autograder/results/results.json`
(https://gradescope-autograders.readthedocs.io/en/latest/specs/).

It cannot say that there is no score: without the file Gradescope says that the autograder failed, which is right.
The points of the assignment are fixed in Gradescope, so what could not be assessed leaves the total by scaling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import counted, dump, headline, need_score, plain, say
from graders.verdicts import Result, Scorecard, Verdict


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text.

    Raises:
        NotScored: the card is no grade.
    """
    need_score(card, language)
    return dump(
        {
            "score": round(card.earned * sum(result.points for result in card.results) / card.possible, 2),
            "execution_time": round(card.seconds),
            "output": f"{headline(card, language)}\n{card.earned:g} / {card.possible:g} {say('points', language)}",
            "output_format": "text",
            "stdout_visibility": "hidden",
            "extra_data": {"drydock": {"run": card.run, "digest": card.digest, "possible": card.possible}},
            "tests": [_test(card, result, number, language) for number, result in enumerate(card.results, 1)],
        }
    )


def _test(card: Scorecard, result: Result, number: int, language: str) -> dict[str, Any]:
    counts = result in counted(card)
    return {
        "name": result.title.in_language(language),
        "number": str(number),
        "score": result.earned if counts else 0,
        "max_score": result.points if counts else 0,
        "status": "passed" if result.verdict in (Verdict.PASSED, Verdict.NOT_ASSESSABLE) else "failed",
        "output": plain(card, result, language),
        "output_format": "text",
        "tags": [str(result.verdict), *([result.finding.cause] if result.finding else [])],
        "extra_data": {"check": result.check, "verdict": str(result.verdict)},
    }

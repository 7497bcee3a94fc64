"""The `result` that GitHub Classroom's runners hand to its grading reporter: JSON in base64
(https://github.com/classroom-resources/autograding-grading-reporter).

The reporter adds up `score` of the tests; with `max_score` 0 it reports no points, which is what an error must come to.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import counted, no_grade, plain, say
from graders.verdicts import Result, Scorecard, Verdict

VERSION = 1
# Bytes. The value reaches the reporter in its environment, where Linux takes 128 KiB in one variable (MAX_ARG_STRLEN,
# https://man7.org/linux/man-pages/man2/execve.2.html); over it the reporter does not even start.
LARGEST = 100_000


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The value of the variable `<STEP>_RESULTS`, in one line: with less of each finding where it would be too long."""
    written = ""
    for longest in (None, 200, 0):
        text = json.dumps(record(card, language, longest), ensure_ascii=False)
        written = base64.b64encode(text.encode()).decode() + "\n"
        if len(written) <= LARGEST:
            break
    return written


def record(card: Scorecard, language: str, longest: int | None = None) -> dict[str, Any]:
    """What the value holds.

    Args:
        longest: characters of a test's message; all where missing.
    """
    if why := no_grade(card):
        tests = [_unscored(card, say(why, language))]
        return {"version": VERSION, "status": "error", "max_score": 0, "tests": tests}
    tests = [_test(card, result, language, longest) for result in counted(card)]
    return {
        "version": VERSION,
        "status": "pass" if card.full_marks else "fail",
        "max_score": card.possible,
        "tests": tests,
    }


def _unscored(card: Scorecard, why: str) -> dict[str, Any]:
    # The reporter prints the message of an error, and divides by the number of tests.
    place = {"test_code": f"pytest labs/{card.lab}", "filename": f"labs/{card.lab}/lab.toml", "line_no": 0}
    return {"name": card.lab, "status": "error", "score": 0, "message": why, **place, "duration": _ms(card.seconds)}


def _test(card: Scorecard, result: Result, language: str, longest: int | None) -> dict[str, Any]:
    return {
        "name": result.title.in_language(language),
        "status": "pass" if result.verdict is Verdict.PASSED else "fail",
        "score": result.earned,
        "message": plain(card, result, language, evidence=False)[:longest],
        "test_code": f"pytest labs/{card.lab} -k {result.check}",
        "filename": f"labs/{card.lab}/lab.toml",
        "line_no": 0,
        "duration": _ms(result.seconds),
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

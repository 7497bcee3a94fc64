"""The `result` that GitHub Classroom's runners hand to its grading reporter: JSON in base64
(https://github.com/classroom-resources/autograding-grading-reporter).

The reporter adds up `score` of the tests; with `max_score` 0 it reports nothing, which is what an error must come to.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import counted, plain
from graders.verdicts import Result, Scorecard, Verdict

VERSION = 1


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The value of the variable `<STEP>_RESULTS`, in one line."""
    return base64.b64encode(json.dumps(record(card, language), ensure_ascii=False).encode()).decode() + "\n"


def record(card: Scorecard, language: str) -> dict[str, Any]:
    """What the value holds."""
    scored = card.complete and not card.picked
    tests = [_test(card, result, language) for result in counted(card)] if scored else []
    status = "error" if not scored else "pass" if card.full_marks else "fail"
    return {"version": VERSION, "status": status, "max_score": card.possible if scored else 0, "tests": tests}


def _test(card: Scorecard, result: Result, language: str) -> dict[str, Any]:
    return {
        "name": result.title.in_language(language),
        "status": "pass" if result.verdict is Verdict.PASSED else "fail",
        "score": result.earned,
        "message": plain(card, result, language, evidence=False),
        "test_code": f"pytest labs/{card.lab} -k {result.check}",
        "filename": f"labs/{card.lab}/lab.toml",
        "line_no": 0,
        "duration": round(result.seconds * 1000),
    }

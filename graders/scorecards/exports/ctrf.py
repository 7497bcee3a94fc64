"""Common Test Report Format (https://github.com/ctrf-io/ctrf): points go into `extra`."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import dump, plain
from graders.verdicts import Result, Scorecard, Verdict

SPECIFICATION = "0.0.0"
STATUS = {
    Verdict.PASSED: "passed",
    Verdict.PARTIAL: "failed",
    Verdict.FAILED: "failed",
    Verdict.BLOCKED: "skipped",
    Verdict.NOT_ASSESSABLE: "skipped",
    Verdict.ERROR: "other",
}


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text."""
    began = round(datetime.datetime.fromisoformat(card.started).timestamp() * 1000)
    counts = Counter(STATUS[result.verdict] for result in card.results)
    summary: dict[str, Any] = {"tests": len(card.results)}
    summary |= {status: counts[status] for status in ("passed", "failed", "skipped", "pending", "other")}
    summary |= {"start": began, "stop": began + round(card.seconds * 1000)}
    summary["extra"] = {"earned": card.earned, "possible": card.possible, "complete": card.complete}
    return dump(
        {
            "reportFormat": "CTRF",
            "specVersion": SPECIFICATION,
            "generatedBy": "drydock",
            "results": {
                "tool": {"name": "drydock", "version": card.versions.get("drydock", "")},
                "summary": summary,
                "tests": [_test(card, result, language) for result in card.results],
                "extra": {"lab": card.lab, "submission": card.submission, "run": card.run},
            },
        }
    )


def _test(card: Scorecard, result: Result, language: str) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": f"{card.lab}: {result.title.in_language(language)}",
        "status": STATUS[result.verdict],
        "duration": round(result.seconds * 1000),
        "rawStatus": str(result.verdict),
        "suite": [card.lab],
        "extra": {"check": result.check, "points": result.points, "earned": result.earned},
    }
    if result.finding:
        test["extra"]["cause"] = result.finding.cause
    if message := plain(card, result, language):
        test["message"] = message
    if result.detail:
        test["trace"] = result.detail
    return test

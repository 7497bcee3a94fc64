"""check50's JSON (https://cs50.readthedocs.io/projects/check50/en/latest/json_specification/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graders.scorecards.exports.words import dump, reason, say
from graders.verdicts import Result, Scorecard, Verdict

PASSED = {Verdict.PASSED: True, Verdict.PARTIAL: False, Verdict.FAILED: False}  # null where it was not observed


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text."""
    version = card.versions.get("drydock", "")
    return dump(
        {
            "slug": f"drydock/{card.lab}",
            "results": [_result(card, result, language) for result in card.results],
            "version": version,
        }
    )


def _result(card: Scorecard, result: Result, language: str) -> dict[str, Any]:
    evidence = result.finding.evidence if result.finding else ()
    return {
        "name": result.check,
        "description": result.title.in_language(language),
        "passed": PASSED.get(result.verdict),
        "log": [line for piece in evidence for line in (piece.title, *piece.text.splitlines())],
        "cause": _cause(card, result, language),
        "data": {"points": result.points, "earned": result.earned, "verdict": str(result.verdict)},
        "dependency": result.blocked_by or None,
    }


def _cause(card: Scorecard, result: Result, language: str) -> dict[str, Any] | None:
    finding = result.finding
    if finding:
        attempt = f"{say('try', language)}: {finding.try_.in_language(language)}"
        return {
            "rationale": finding.wrong.in_language(language),
            "help": f"{finding.why.in_language(language)}\n{attempt}",
            "expected": finding.expected.in_language(language),
            "actual": finding.seen.in_language(language),
        }
    if result.verdict is Verdict.PASSED:
        return None
    return {"rationale": reason(card, result, language) or say(result.verdict.value, language), "help": None}

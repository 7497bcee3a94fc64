"""Classroom 50's `result.json`, schema `classroom50/result/v1`
(https://github.com/foundation50/classroom50/blob/main/schemas/result-v1.schema.json): whole points only."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from graders.scorecards.exports.words import counted, dump, need_score, plain, whole
from graders.verdicts import Scorecard, Verdict

SCHEMA = "classroom50/result/v1"
# What Classroom 50's runner tells its autograders; the key of the record -> the variable, and what stands in for it.
VARIABLES = {
    "classroom": ("CLASSROOM", "-"),
    "assignment": ("ASSIGNMENT", "-"),
    "assignment_type": ("MODE", "individual"),
    "owner": ("USERNAME", "-"),
    "submission": ("SUBMISSION_TAG", "submit/local"),
    "commit": ("COMMIT_URL", "-"),
    "release": ("RELEASE_URL", "-"),
}


def render(card: Scorecard, language: str, environment: Mapping[str, str]) -> str:
    """The file's text.

    Args:
        environment: of the runner: CLASSROOM, ASSIGNMENT, MODE, USERNAME, SUBMISSION_TAG, COMMIT_URL, RELEASE_URL,
            REVIEW_URL, SUBMITTED_AT; what it lacks has a value that fits the schema and says nothing.

    Raises:
        NotScored: the card is no grade; the autograder is to end with a code other than 0.
    """
    need_score(card, language)
    context = {key: environment.get(variable) or other for key, (variable, other) in VARIABLES.items()}
    graded = _utc(card.started)
    results = counted(card)
    possible = whole([result.points for result in results])
    earned = whole([result.earned for result in results], possible)
    tests = [
        {
            "test-name": result.title.in_language(language),
            "passed": result.verdict is Verdict.PASSED,
            "score": score,
            "max-score": most,
            "message": plain(card, result, language, evidence=False),
        }
        for result, score, most in zip(results, earned, possible, strict=True)
    ]
    return dump(
        {
            "schema": SCHEMA,
            **context,
            "review": environment.get("REVIEW_URL") or context["commit"],
            "datetime": environment.get("SUBMITTED_AT") or graded,
            "graded_at": graded,
            "score": sum(earned),
            "max-score": sum(possible),
            "tests": tests,
        }
    )


def _utc(moment: str) -> str:
    when = datetime.datetime.fromisoformat(moment).astimezone(datetime.UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"

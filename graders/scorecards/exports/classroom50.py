"""Classroom 50's `result.json`, schema `classroom50/result/v1`
(https://github.com/foundation50/classroom50/blob/main/schemas/result-v1.schema.json): whole points only."""

from __future__ import annotations

import datetime
import urllib.parse
from collections.abc import Mapping

from graders.scorecards.exports.points import whole
from graders.scorecards.exports.words import ContextMissing, counted, dump, need_score, plain
from graders.verdicts import Scorecard, Verdict

SCHEMA = "classroom50/result/v1"
TAG = "submit/"  # what every submission's tag begins with
INDIVIDUAL = "individual"
# What Classroom 50's runner tells its autograders: the key of the record -> the variable.
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "assignment_type": "ASSIGNMENT_TYPE",
    "owner": "USERNAME",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def render(card: Scorecard, language: str, environment: Mapping[str, str]) -> str:
    """The file's text.

    Args:
        environment: of the runner: VARIABLES and SUBMITTED_AT; what it lacks is worked out from GitHub's own.

    Raises:
        NotScored: the card is no grade; the autograder is to end with a code other than 0.
        ContextMissing: the environment does not tell what was handed in.
    """
    need_score(card, language)
    results = counted(card)
    earned, possible = whole([result.earned for result in results], [result.points for result in results])
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
    graded = _utc(card.started)
    return dump(
        {
            "schema": SCHEMA,
            **_context(environment),
            "datetime": _submitted(environment) or graded,
            "graded_at": graded,
            "score": sum(earned),
            "max-score": sum(possible),
            "tests": tests,
        }
    )


def _context(environment: Mapping[str, str]) -> dict[str, str]:
    told = {key: environment.get(variable, "") for key, variable in VARIABLES.items()}
    told = {key: told[key] or other for key, other in _worked_out(told, environment).items()}
    told["review"] = told["review"] or told["commit"]  # what the schema asks for where there is nothing to compare
    missing = [variable for key, variable in VARIABLES.items() if not told[key] and key != "review"]
    if told["submission"] and not told["submission"].startswith(TAG):
        missing.append(f"SUBMISSION_TAG ({TAG}...; {told['submission']!r:.80})")
    if missing:
        raise ContextMissing(", ".join(missing))
    return told


def _worked_out(told: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """What GitHub's own variables tell of each key; empty where nothing.

    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    server, repository, sha, ref, actor = (
        environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA", "REF_NAME", "ACTOR")
    )
    url = f"{server}/{repository}"
    submission = told["submission"] or (ref if ref.startswith(TAG) else "")
    # A repository is called <classroom>-<assignment>-<owner>.
    name, prefix = repository.rpartition("/")[2], f"{told['classroom']}-{told['assignment']}-"
    owner = name[len(prefix) :] if name.lower().startswith(prefix.lower()) else actor
    return {
        **dict.fromkeys(VARIABLES, ""),
        "assignment_type": environment.get("MODE") or INDIVIDUAL,
        "owner": environment.get("OWNER") or owner,
        "submission": submission,
        "commit": f"{url}/commit/{sha}" if server and repository and sha else "",
        "release": f"{url}/releases/tag/{urllib.parse.quote(submission, safe='')}"
        if server and repository and submission
        else "",
    }


def _submitted(environment: Mapping[str, str]) -> str:
    moment = environment.get("SUBMITTED_AT", "")
    try:
        return _utc(moment) if moment else ""
    except ValueError:
        raise ContextMissing(f"SUBMITTED_AT (2026-03-09T05:05:10Z; {moment!r:.80})") from None


def _utc(moment: str) -> str:
    when = datetime.datetime.fromisoformat(moment).astimezone(datetime.UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"

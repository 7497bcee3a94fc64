"""Results with the rubric's words for what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graders.rubric import Check, Lab
from graders.verdicts import Evidence, Finding, Result, Text, Verdict, earned, visible


def result_of(check: Check, verdict: Verdict, *, share: float = 0.0, **more: Any) -> Result:
    """A result with what the rubric says of its check."""
    return Result(
        check=check.id,
        title=check.title,
        points=check.points,
        verdict=verdict,
        earned=earned(check.points, verdict, share),
        hints=check.hints,
        lesson=check.lesson,
        task=check.task,
        **more,
    )


def make_finding(lab: Lab, cause_id: str, facts: dict[str, str], evidence: Iterable[Evidence] = ()) -> Finding:
    """Fill a cause's texts with what was seen.

    Raises:
        LookupError: the cause does not exist, or a fact for one of its placeholders is missing.
    """
    cause = lab.causes[cause_id]
    shown = visible_facts(facts)
    texts = (cause.wrong, cause.why, cause.try_, cause.expected, cause.seen)
    missing = {name for text in (*texts, Text.same(cause.reproduce)) for name in text.placeholders()} - set(shown)
    if missing:
        raise LookupError(f"cause {cause_id} wants facts that the check does not give: {', '.join(sorted(missing))}")
    wrong, why, try_, expected, seen = (text.fill(shown) for text in texts)
    command = Text.same(cause.reproduce).fill(shown).en
    return Finding(cause_id, wrong, why, try_, expected, seen, tuple(evidence), command)


def blocked(check: Check, needs: dict[str, Result]) -> Result | None:
    """A result for a check whose need was not met; None where it may run."""
    for need, other in needs.items():
        if other.verdict is Verdict.ERROR:
            return result_of(check, Verdict.ERROR, reason=other.reason, detail=other.detail)
        if other.verdict is Verdict.NOT_ASSESSABLE:
            return result_of(check, Verdict.NOT_ASSESSABLE, reason=other.reason)
        if other.verdict in (Verdict.FAILED, Verdict.BLOCKED):
            return result_of(check, Verdict.BLOCKED, blocked_by=other.blocked_by or need)
    return None


def visible_facts(facts: dict[str, str]) -> dict[str, str]:
    """Facts as people may see them: short, and with control characters made visible."""
    return {name: visible(value, 400) for name, value in facts.items()}

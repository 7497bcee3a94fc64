"""The scorecard as `result.json`: the schema `drydock/result/1`, which every exporter reads (see docs/result.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graders.verdicts import Evidence, Finding, Result, Scorecard, Text, Verdict, visible

SCHEMA = "drydock/result/1"
LONGEST = 60_000  # characters of one text; evidence that was cut and made visible is shorter
ROOM = 100  # characters for saying that something was cut


class RecordError(ValueError):
    """A record that is no scorecard of this schema."""


def safe(text: str, longest: int = LONGEST) -> str:
    """A text that anyone can show: nothing invisible in it, and not endless. Twice is the same as once."""
    return visible(text, longest if len(text) <= longest else longest - ROOM)[:longest]


def to_record(card: Scorecard) -> dict[str, Any]:
    """The record of a scorecard, ready for JSON."""
    first = card.first
    return {
        "schema": SCHEMA,
        "lab": {"id": card.lab, "version": card.lab_version, "title": _both(card.title), "week": card.week},
        "submission": {"name": safe(card.submission), "digest": safe(card.digest)},
        "run": {
            "id": safe(card.run),
            "started": safe(card.started),
            "seconds": card.seconds,
            "picked": card.picked,
            "versions": _plain(card.versions),
        },
        "score": {
            "earned": card.earned,
            "possible": card.possible,
            "complete": card.complete,
            "full_marks": card.full_marks,
        },
        "first": first.check if first else None,
        "checks": [_from_result(result) for result in card.results],
        "notices": [_both(notice) for notice in card.notices],
        "observed": _plain(card.observed),
    }


def from_record(record: Mapping[str, Any]) -> Scorecard:
    """The scorecard of a record. What follows from the rest (`score`, `first`) is worked out again, not believed.

    Raises:
        RecordError: the record is of another schema, or a part of it is missing or of the wrong type.
    """
    schema = record.get("schema") if isinstance(record, Mapping) else None
    if schema != SCHEMA:
        raise RecordError(f"expected a record of the schema {SCHEMA!r}; seen: {schema!r}")
    try:
        lab, submission, run = record["lab"], record["submission"], record["run"]
        return Scorecard(
            lab=_string(lab["id"]),
            lab_version=_string(lab["version"]),
            title=_text(lab["title"]),
            week=int(lab["week"]),
            submission=_string(submission["name"]),
            digest=_string(submission["digest"]),
            run=_string(run["id"]),
            started=_string(run["started"]),
            seconds=float(run["seconds"]),
            versions={_string(part): _string(version) for part, version in run["versions"].items()},
            results=tuple(map(_to_result, record["checks"])),
            notices=tuple(map(_text, record["notices"])),
            picked=bool(run["picked"]),
            observed=_plain(record["observed"]),
        )
    except KeyError as problem:
        raise RecordError(f"the record lacks the key {problem}") from None
    except (TypeError, ValueError, AttributeError) as problem:
        raise RecordError(f"a part of the record has the wrong type: {problem}") from None


def to_json(card: Scorecard) -> str:
    """The text of `result.json`."""
    return json.dumps(to_record(card), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _both(text: Text) -> dict[str, str]:
    return {"en": safe(text.en), "ko": safe(text.ko)}


def _from_result(result: Result) -> dict[str, Any]:
    return {
        "id": result.check,
        "title": _both(result.title),
        "task": _both(result.task) if result.task else None,
        "verdict": str(result.verdict),
        "points": result.points,
        "earned": result.earned,
        "seconds": result.seconds,
        "finding": _from_finding(result.finding) if result.finding else None,
        "blocked_by": result.blocked_by or None,
        "reason": _both(result.reason) if result.reason else None,
        "hints": [_both(hint) for hint in result.hints],
        "lesson": safe(result.lesson) or None,
        "detail": safe(result.detail) or None,
    }


def _from_finding(finding: Finding) -> dict[str, Any]:
    return {
        "cause": finding.cause,
        "wrong": _both(finding.wrong),
        "why": _both(finding.why),
        "try": _both(finding.try_),
        "expected": _both(finding.expected),
        "seen": _both(finding.seen),
        "evidence": [{"title": safe(piece.title), "text": safe(piece.text)} for piece in finding.evidence],
        "reproduce": safe(finding.reproduce) or None,
    }


def _plain(value: Any) -> Any:
    """A value with nothing in it but what JSON has."""
    if isinstance(value, Mapping):
        return {safe(str(key)): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | float) else safe(str(value))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text; seen: {value!r:.80}")
    return safe(value)


def _text(value: Mapping[str, Any]) -> Text:
    return Text(_string(value["en"]), _string(value["ko"]))


def _to_result(entry: Mapping[str, Any]) -> Result:
    return Result(
        check=_string(entry["id"]),
        title=_text(entry["title"]),
        task=_text(entry["task"]) if entry["task"] else None,
        points=float(entry["points"]),
        verdict=Verdict(entry["verdict"]),
        earned=float(entry["earned"]),
        seconds=float(entry["seconds"]),
        finding=_to_finding(entry["finding"]) if entry["finding"] else None,
        blocked_by=_string(entry["blocked_by"] or ""),
        reason=_text(entry["reason"]) if entry["reason"] else None,
        hints=tuple(map(_text, entry["hints"])),
        lesson=_string(entry["lesson"] or ""),
        detail=_string(entry["detail"] or ""),
    )


def _to_finding(entry: Mapping[str, Any]) -> Finding:
    return Finding(
        cause=_string(entry["cause"]),
        wrong=_text(entry["wrong"]),
        why=_text(entry["why"]),
        try_=_text(entry["try"]),
        expected=_text(entry["expected"]),
        seen=_text(entry["seen"]),
        evidence=tuple(map(_to_evidence, entry["evidence"])),
        reproduce=_string(entry["reproduce"] or ""),
    )


def _to_evidence(entry: Mapping[str, Any]) -> Evidence:
    """Evidence as it was recorded: a new one would cut again what was cut already."""
    evidence = Evidence("", "")
    object.__setattr__(evidence, "title", _string(entry["title"]))
    object.__setattr__(evidence, "text", _string(entry["text"]))
    return evidence

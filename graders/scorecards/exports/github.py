"""GitHub's job summary and annotations
(https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

from graders.scorecards.exports.markdown import document, score
from graders.scorecards.exports.words import plain, say
from graders.verdicts import Result, Scorecard, Verdict

LARGEST = 200_000  # bytes of a summary that is pleasant to read; GitHub refuses more than 1 MiB
LIMIT = 1 << 20
MOST = 10  # annotations of each kind in a step
LONGEST = 3_000  # characters of one annotation


def summarise(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The step's summary: with less of each finding where it would be long, and never longer than GitHub takes."""
    written = ""
    for evidence, findings in ((True, True), (False, True), (False, False)):
        written = "\n".join(document(card, language, evidence=evidence, findings=findings)) + "\n"
        if len(written.encode()) <= LARGEST:
            return written
    # Nothing but lines of a table is left, which may be cut anywhere between them.
    return written.encode()[: LIMIT - 1024].decode(errors="ignore").rpartition("\n")[0] + "\n"


def annotate(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """Workflow commands: an error for each failed check, a warning for a partial one, a notice with the score.

    What strangers wrote is inside a command, escaped; commands in it are stopped besides.
    """
    return "\n".join(_commands(card, language)) + "\n"


def _commands(card: Scorecard, language: str) -> Iterator[str]:
    kinds: dict[str, list[Result]] = {"error": [], "warning": []}
    for result in card.results:
        if result.verdict is Verdict.FAILED:
            kinds["error"].append(result)
        elif result.verdict in (Verdict.PARTIAL, Verdict.ERROR):
            kinds["warning"].append(result)
    for kind, results in kinds.items():
        for result in results[:MOST]:
            # Without a text the runner shows nothing.
            text = plain(card, result, language, evidence=False) or say(result.verdict.value, language)
            yield command(kind, f"{card.lab}: {result.title.in_language(language)}", text)
    yield command("notice", card.title.in_language(language), score(card, language))
    shown = [result for results in kinds.values() for result in results]
    evidence = [piece for result in shown if result.finding for piece in result.finding.evidence]
    if evidence:
        token = secrets.token_hex(16)
        yield f"::group::{data(say('evidence', language))}"
        yield f"::stop-commands::{token}"
        for piece in evidence:
            yield from (f"| {line}" for line in (piece.title, *piece.text.splitlines()))
        yield f"::{token}::"
        yield "::endgroup::"


def command(kind: str, title: str, text: str) -> str:
    """One workflow command."""
    return f"::{kind} title={attribute(title)}::{data(text[:LONGEST])}"


def data(text: str) -> str:
    """A command's text, escaped as the runner reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def attribute(text: str) -> str:
    """A command's property, likewise."""
    return data(text).replace(":", "%3A").replace(",", "%2C")

"""Write scorecards in other programs' formats."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from graders.scorecards.exports import FORMATS, NotScored
from graders.scorecards.files import RESULT, folder_name
from graders.scorecards.record import RecordError, from_record, to_record
from graders.texts import interface
from graders.verdicts import Scorecard

STANDARD_OUTPUT = "-"


class ExportError(Exception):
    """Something that was asked for cannot be done; its text says what was expected, what was seen and what to do."""


def read_card(path: Path, language: str) -> Scorecard:
    """The scorecard of a `result.json`, or of a folder that holds one.

    Raises:
        ExportError: there is none, or it is no record of this schema.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        return from_record(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, RecordError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        raise ExportError(_say("export_unreadable", language, file=file, problem=reason)) from None


def export(
    name: str, results: Sequence[Path], output: str, language: str, environment: Mapping[str, str]
) -> list[Path | None]:
    """Write each result in a format.

    Args:
        name: a key of FORMATS.
        results: files `result.json`, or folders that hold one.
        output: a file, a folder where there are several results, or `-` for standard output.
        environment: what the formats may ask of it.

    Returns:
        the files that were written; None for standard output.

    Raises:
        ExportError: with a line for each result that could not be written; the others are.
    """
    several = len(results) > 1
    if several and output != STANDARD_OUTPUT and Path(output).is_file():
        raise ExportError(_say("export_needs_folder", language, output=output))
    written: list[Path | None] = []
    problems = []
    for path in results:
        try:
            card = read_card(path, language)
            text = render(name, card, language, environment, path)
        except ExportError as problem:
            problems.append(str(problem))
            continue
        written.append(_write(text, name, card, output, several=several))
    if problems:
        raise ExportError("\n".join(problems))
    return written


def render(name: str, card: Scorecard, language: str, environment: Mapping[str, str], source: Path) -> str:
    """A card's text in a format.

    Raises:
        ExportError: the format is unknown, or cannot say that there is no score.
    """
    if name not in FORMATS:
        raise ExportError(_say("export_unknown", language, format=name, known=", ".join(sorted(FORMATS))))
    try:
        # By way of its record, where every text is made safe to show.
        return FORMATS[name].render(from_record(to_record(card)), language, environment)
    except NotScored as problem:
        raise ExportError(_say("export_not_scored", language, file=source, format=name, problem=problem)) from None


def _write(text: str, name: str, card: Scorecard, output: str, *, several: bool) -> Path | None:
    if output == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return None
    path = Path(output)
    if several or path.is_dir():
        path = path / (folder_name(card.submission) if several else "") / FORMATS[name].file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _say(key: str, language: str, **facts: object) -> str:
    return interface(key).fill({name: str(fact) for name, fact in facts.items()}).in_language(language)

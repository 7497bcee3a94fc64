"""Write scorecards in other programs' formats."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from graders.scorecards.exports import FORMATS, ContextMissing, NotScored
from graders.scorecards.files import RESULT, folder_name
from graders.scorecards.record import from_record, to_json, to_record
from graders.texts import interface
from graders.verdicts import Scorecard

STANDARD_OUTPUT = "-"


class ExportError(Exception):
    """Something that was asked for cannot be done; its text says what was expected, what was seen and what to do.

    Args:
        no_grade: the reason is that the card is no grade, not that something is wrong with the request.
    """

    def __init__(self, text: str, *, no_grade: bool = False) -> None:
        super().__init__(text)
        self.no_grade = no_grade


def read_card(path: Path, language: str) -> Scorecard:
    """The scorecard of a `result.json`, or of a folder that holds one.

    Raises:
        ExportError: there is none, or it is no record of this schema.
    """
    file = path / RESULT if path.is_dir() else path
    try:
        card = from_record(json.loads(file.read_text("utf-8")))
        to_json(card)  # Python reads numbers that JSON does not have, NaN say; no format could hold them
        datetime.datetime.fromisoformat(card.started)
    except (OSError, ValueError, RecursionError) as problem:
        raise ExportError(_say("export_unreadable", language, file=file, problem=_seen(problem))) from None
    return card


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
    if several and (Path(output).is_file() or (output == STANDARD_OUTPUT and not FORMATS[name].joins)):
        raise ExportError(_say("export_needs_folder", language, output=output))
    taken = {(path / RESULT if path.is_dir() else path).resolve(): path for path in results}
    written: list[Path | None] = []
    problems: list[ExportError] = []
    for path in results:
        try:
            card = read_card(path, language)
            text = render(name, card, language, environment, path)
            place = _place(name, card, output, several=several)
            if place and place.resolve() in taken:
                other = taken[place.resolve()]
                raise ExportError(_say("export_taken", language, file=path, place=place, other=other))
            written.append(_write(text, place))
            if place:
                taken[place.resolve()] = path
        except ExportError as problem:
            problems.append(problem)
        except OSError as problem:
            problems.append(ExportError(f"{problem.filename or output}: {problem.strerror or problem}"))
    if problems:
        no_grade = all(problem.no_grade for problem in problems)
        raise ExportError("\n".join(map(str, problems)), no_grade=no_grade)
    return written


def render(name: str, card: Scorecard, language: str, environment: Mapping[str, str], source: Path) -> str:
    """A card's text in a format.

    Raises:
        ExportError: the format is unknown, cannot say that there is no score, or has to know more.
    """
    if name not in FORMATS:
        raise ExportError(_say("export_unknown", language, format=name, known=", ".join(sorted(FORMATS))))
    try:
        # By way of its record, where every text is made safe to show.
        return FORMATS[name].render(from_record(to_record(card)), language, environment)
    except NotScored as problem:
        text = _say("export_not_scored", language, file=source, format=name, problem=problem)
        raise ExportError(text, no_grade=True) from None
    except ContextMissing as problem:
        raise ExportError(_say("export_needs_context", language, file=source, format=name, missing=problem)) from None


def _place(name: str, card: Scorecard, output: str, *, several: bool) -> Path | None:
    if output == STANDARD_OUTPUT:
        return None
    path = Path(output)
    if several:
        return path / folder_name(card.lab) / folder_name(card.submission) / FORMATS[name].file
    return path / FORMATS[name].file if path.is_dir() else path


def _write(text: str, place: Path | None) -> Path | None:
    if place is None:
        sys.stdout.write(text)
        return None
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")
    return place


def _seen(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    if isinstance(problem, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return f"expected JSON in UTF-8; seen: {problem}"
    return str(problem)


def _say(key: str, language: str, **facts: object) -> str:
    return interface(key).fill({name: str(fact) for name, fact in facts.items()}).in_language(language)

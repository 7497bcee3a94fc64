"""A scorecard in the formats of other programs; docs/formats.md says what becomes what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graders.scorecards.exports import (
    check50,
    classroom,
    classroom50,
    ctrf,
    github,
    gradescope,
    junit,
    markdown,
    prairielearn,
)
from graders.scorecards.exports.words import ContextMissing, NotScored
from graders.verdicts import Scorecard

__all__ = ["FORMATS", "ContextMissing", "Format", "NotScored"]


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        file: the name that its readers look for.
        render: a card, a language and what the environment says (Classroom 50 alone asks it) to the file's text;
            raises NotScored where the format cannot say that there is no score, ContextMissing where it has to know
            more.
        help: who reads it, as a key of the interface's texts.
        joins: several of these texts, one after another, are a text of the format.
        streams: its reader reads the standard output of GitHub's runner.
    """

    file: str
    render: Callable[[Scorecard, str, Mapping[str, str]], str]
    help: str
    joins: bool = False
    streams: bool = False


FORMATS: Mapping[str, Format] = {
    "annotations": Format("annotations.txt", github.annotate, "format_annotations", streams=True),
    "check50": Format("check50.json", check50.render, "format_check50"),
    "classroom": Format("classroom.txt", classroom.render, "format_classroom"),
    "classroom50": Format("result.json", classroom50.render, "format_classroom50"),
    "ctrf": Format("ctrf-report.json", ctrf.render, "format_ctrf"),
    "gradescope": Format("results.json", gradescope.render, "format_gradescope"),
    "junit": Format("junit.xml", junit.render, "format_junit"),
    "markdown": Format("scorecard.md", markdown.render, "format_markdown", joins=True),
    "prairielearn": Format("results.json", prairielearn.render, "format_prairielearn"),
    "summary": Format("summary.md", github.summarise, "format_summary"),
}

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
from graders.scorecards.exports.words import NotScored
from graders.verdicts import Scorecard

__all__ = ["FORMATS", "Format", "NotScored"]


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        file: the name that its readers look for.
        render: a card, a language and what the environment says (Classroom 50 alone asks it) to the file's text;
            raises NotScored where the format cannot say that there is no score.
    """

    file: str
    render: Callable[[Scorecard, str, Mapping[str, str]], str]


FORMATS: Mapping[str, Format] = {
    "annotations": Format("annotations.txt", github.annotate),
    "check50": Format("check50.json", check50.render),
    "classroom": Format("classroom.txt", classroom.render),
    "classroom50": Format("result.json", classroom50.render),
    "ctrf": Format("ctrf-report.json", ctrf.render),
    "gradescope": Format("results.json", gradescope.render),
    "junit": Format("junit.xml", junit.render),
    "markdown": Format("scorecard.md", markdown.render),
    "prairielearn": Format("results.json", prairielearn.render),
    "summary": Format("summary.md", github.summarise),
}

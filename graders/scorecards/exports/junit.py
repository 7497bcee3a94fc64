"""JUnit XML as pytest writes it under `xunit1`: blocked and not assessable are skipped, an error is an error."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from graders.scorecards.exports.words import plain, reason
from graders.verdicts import Result, Scorecard, Verdict

OUTCOMES = {
    Verdict.FAILED: "failure",
    Verdict.PARTIAL: "failure",
    Verdict.BLOCKED: "skipped",
    Verdict.NOT_ASSESSABLE: "skipped",
    Verdict.ERROR: "error",
}
# https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(card: Scorecard, language: str, _environment: Mapping[str, str]) -> str:
    """The file's text."""
    counts = dict.fromkeys(("failure", "error", "skipped"), 0)
    suite = ElementTree.Element("testsuite", name="drydock", timestamp=card.started)
    for result in card.results:
        suite.append(_case(card, result, language))
        if result.verdict in OUTCOMES:
            counts[OUTCOMES[result.verdict]] += 1
    suite.set("tests", str(len(card.results)))
    suite.set("failures", str(counts["failure"]))
    suite.set("errors", str(counts["error"]))
    suite.set("skipped", str(counts["skipped"]))
    suite.set("time", f"{card.seconds:.3f}")
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.indent(whole)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(whole, encoding="unicode")}\n'


def _case(card: Scorecard, result: Result, language: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=card.lab, name=result.check, time=f"{result.seconds:.3f}")
    properties = ElementTree.SubElement(case, "properties")
    facts = {
        "title": result.title.in_language(language),
        "points": result.points,
        "earned": result.earned,
        "verdict": result.verdict,
        "cause": result.finding.cause if result.finding else "",
    }
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=name, value=_xml(str(value)))
    kind = OUTCOMES.get(result.verdict)
    if kind:
        wrong = result.finding.wrong.in_language(language) if result.finding else reason(card, result, language)
        element = ElementTree.SubElement(case, kind, message=_xml(wrong))
        element.text = _xml(result.detail or plain(card, result, language))
    return case


def _xml(text: str) -> str:
    """A text without the characters that XML cannot hold, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)

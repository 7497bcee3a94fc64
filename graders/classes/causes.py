"""What to say of a misconception that many students share, where each finding has facts of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from graders.classes.figures import Misconception
from graders.classes.view import ClassView
from graders.rubric import Cause
from graders.verdicts import Finding, Text

ANY = "…"  # in place of a value that is not the same for all
LONGEST_VALUE = 60  # characters; keeps a hostile text from making the comparison slow
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def told(one: Misconception, view: ClassView) -> tuple[Text, Text]:
    """What is wrong and why, of a misconception of a class.

    A rubric that no longer has it leaves what a student read; under pseudonyms its id alone.
    """
    cause = view.lab.causes.get(one.cause)
    findings = [result.finding for result in one.results if result.finding]
    if cause:
        return say_of_all(cause, findings, view.lab.files if view.pseudonymous else None)
    if view.pseudonymous:
        return Text.same(f"`{one.cause}`"), Text.same("")
    return findings[0].wrong, findings[0].why


def say_of_all(cause: Cause, findings: Iterable[Finding], allowed: Collection[str] | None = None) -> tuple[Text, Text]:
    """What is wrong, and why it matters, for all whose findings name the cause.

    Args:
        cause: as the rubric words it, with placeholders.
        findings: as the students read them.
        allowed: values that may be shown; none: any that all findings have.

    Returns:
        Both texts with the values that all findings have, and `…` for the others.
    """
    found = list(findings)
    values = _common(cause.wrong, [finding.wrong for finding in found])
    values |= _common(cause.why, [finding.why for finding in found])
    shown = {name: value for name, value in values.items() if allowed is None or value in allowed}
    return _general(cause.wrong, shown), _general(cause.why, shown)


def _general(text: Text, values: dict[str, str]) -> Text:
    filled = text.fill({name: values.get(name, ANY) for name in text.placeholders()})
    return Text(*(part.replace(f"`{ANY}`", ANY).replace(f"{ANY}.", ANY) for part in (filled.en, filled.ko)))


def _common(template: Text, filled: Iterable[Text]) -> dict[str, str]:
    """The values of placeholders that are the same in all texts that were made from a template."""
    common: dict[str, str] | None = None
    pattern = _pattern(template.en)
    for text in {text.en for text in filled}:
        match = pattern.fullmatch(text)
        values = match.groupdict() if match else {}
        common = values if common is None else {k: v for k, v in common.items() if values.get(k) == v}
    return common or {}


def _pattern(template: str) -> re.Pattern[str]:
    parts, seen = [], set[str]()
    for number, part in enumerate(_PLACEHOLDER.split(template)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            parts.append(f"(?P<{part}>.{{0,{LONGEST_VALUE}}}?)")
            seen.add(part)
    return re.compile("".join(parts))

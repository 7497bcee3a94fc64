"""Say what an export changes, for whom, and who was not matched on either side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graders.classes.lms.filling import Filled
from graders.classes.refusals import say
from graders.verdicts import Text


def summary(filled: Filled) -> Iterator[Text]:
    """A line of text for each change and each thing to look at; the counts come last."""
    for change in filled.changes:
        yield say(
            "change",
            line=change.line,
            who=_who(change.student, change.name),
            before=change.before or "-",
            after=change.after,
        )
    for left in filled.left:
        key = "left" if left.line else "left_out"
        yield say(key, line=left.line, who=_who(left.student, left.name), why=left.why)
    for grade, people in filled.ambiguous:
        lines = ", ".join(str(person.line) for person in people)
        yield say("ambiguous", who=_who(grade.student, grade.name), lines=lines)
    for grade in filled.students:
        yield say("no_line", who=_who(grade.student, grade.name))
    for person in filled.people:
        yield say("no_student", line=person.line, who=person.label)
    yield from filled.notices
    yield say(
        "counts",
        column=filled.column,
        changes=len(filled.changes),
        same=filled.same,
        left=len(filled.left),
        students=len(filled.students) + len(filled.ambiguous),
        people=len(filled.people),
    )
    if filled.feedback:
        yield say("notes_written", count=filled.feedback)


def _who(student: str, name: str) -> str:
    return f"{student} {name}".strip()


def lines(texts: Iterable[Text], language: str) -> list[str]:
    """The texts in a language."""
    return [text.in_language(language) for text in texts]

"""What is said of grades, and why a gradebook cannot be made or written."""

from __future__ import annotations

from collections.abc import Iterable

from graders.classes.entries import one_line
from graders.texts import catalogue
from graders.verdicts import Text


def say(key: str, /, **facts: object) -> Text:
    """A text of the catalogue `gradebook` with values that are safe to show, on one line.

    Args:
        key: its msgid.
        facts: the values of its placeholders; strangers' names among them. A Text is filled in by its language.
    """
    text = catalogue("gradebook")[key]
    by_language = [{name: _in(value, index) for name, value in facts.items()} for index in range(2)]
    return Text(text.fill(by_language[0]).en, text.fill(by_language[1]).ko)


def _in(value: object, index: int) -> str:
    if isinstance(value, Text):
        return (value.en, value.ko)[index]
    return one_line(str(value))


class GradebookError(Exception):
    """Something that was asked for cannot be done, and nothing was written.

    Args:
        key: a msgid of the catalogue `gradebook`, which says what was expected, what was seen and what to do.
        rows: a text for each row, student or key that it is about.
        facts: the values of the text's placeholders.
    """

    def __init__(self, key: str, /, rows: Iterable[Text] = (), **facts: object) -> None:
        self.key = key
        self.rows = tuple(rows)
        self.what = say(key, **facts)
        super().__init__(key)

    @property
    def text(self) -> Text:
        """What to say, in every language: a line for the whole and one for each row."""
        return Text(
            "\n".join([self.what.en, *(f"  {row.en}" for row in self.rows)]),
            "\n".join([self.what.ko, *(f"  {row.ko}" for row in self.rows)]),
        )

    def __str__(self) -> str:
        return self.text.en

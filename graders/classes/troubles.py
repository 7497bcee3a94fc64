"""What can go wrong with a store."""

from __future__ import annotations

from graders.texts import catalogue
from graders.verdicts import Text, visible

LONGEST_FACT = 300


class StoreError(Exception):
    """A store cannot do what it was asked for. What it was asked to write was not written.

    Args:
        code: a msgid of the catalogue `store`, whose text says what was expected, what was seen and what to do.
        facts: the values of that text's placeholders; strangers wrote some, so they are made visible.
    """

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = {name: visible(" ".join(str(value).split()), LONGEST_FACT) for name, value in facts.items()}

    @property
    def text(self) -> Text:
        """What to say, in every language."""
        return catalogue("store")[self.code].fill(self.facts)

    def __str__(self) -> str:
        return self.text.en

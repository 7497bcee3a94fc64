"""What can go wrong with the machine. A trouble is never the student's fault and never costs points."""


class Trouble(Exception):
    """The machine, not the student, is at fault.

    Args:
        code: a msgid of the catalogue `troubles`, whose text says what was expected, what was seen and what to do.
        facts: the values of that text's placeholders.
    """

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = {name: str(value) for name, value in facts.items()}

    def __str__(self) -> str:
        # Imported here: the texts are data, and only a trouble that is shown needs them.
        from graders.texts import trouble

        return trouble(self.code, self.facts).en


class SubmissionRefused(Exception):
    """The submission itself cannot be taken in, which is the student's to mend.

    Args:
        cause: a key of `texts/causes.toml`.
        facts: the values of that text's placeholders.
    """

    def __init__(self, cause: str, /, **facts: object) -> None:
        super().__init__(cause, facts)
        self.cause = cause
        self.facts = {name: str(value) for name, value in facts.items()}

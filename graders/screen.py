"""What `drydock watch` shows: each verdict as it comes, then what changed."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text as Styled

from graders.course import note_best
from graders.dock import Trouble
from graders.rubric import Lab
from graders.scorecards import files, terminal
from graders.texts import interface, trouble
from graders.verdicts import Result, Scorecard
from graders.watching import Change, changes, still_failing

COLOURS = {"light": "dim", "purple": "magenta", "bold": "bold"}


class Screen:
    """Prints what a watch comes to.

    Args:
        reports: where the cards are written.
    """

    def __init__(self, lab: Lab, console: Console, language: str, reports: Path) -> None:
        self.lab, self.console, self.language, self.reports = lab, console, language, reports
        self._runs = 0

    def begun(self) -> None:
        """A grading begins."""
        self._runs += 1
        self._line("")
        if self._runs > 1:
            self._line(self._say("watch_saved"), bold=True)

    def told(self, result: Result) -> None:
        """A verdict is final."""
        text, markup = terminal.check_line(result, self.language, self.console.width, self.console.file)
        self._line(text, **markup)

    def done(self, before: Scorecard | None, card: Scorecard) -> None:
        """A card is whole: what changed, what to fix first, where it is."""
        note_best(self.reports, card)
        path = files.write(card, self.reports / card.lab / files.folder_name(card.submission), self.language)
        for text, markup in terminal.summary(card, path, self.language, self.console.width):
            self._line(text, **markup)
        if before is None:
            return
        found, still = changes(before, card), still_failing(before, card)
        for change in found:
            self._line(self._changed(change), green=change.better, red=not change.better)
        for result in still:
            self._line(self._still(result), red=True)
        if not found and not still:
            self._line(self._say("watch_same"))
        if before.complete and card.complete and before.earned != card.earned:
            score = self._say("watch_score", before=f"{before.earned:g}", after=f"{card.earned:g}")
            self._line(score, bold=True, green=card.earned > before.earned, red=card.earned < before.earned)

    def failed(self, problem: Trouble) -> None:
        """The machine, or a folder that is gone, is the reason why there is no card."""
        self._line(trouble(problem.code, problem.facts).in_language(self.language), bold=True)

    def _changed(self, change: Change) -> str:
        facts = {"check": f"{change.check}: {change.after.title.in_language(self.language)}"}
        facts |= {"before": self._word(change.before), "after": self._word(change.after)}
        return self._say("watch_better" if change.better else "watch_other", **facts)

    def _still(self, result: Result) -> str:
        check = f"{result.check}: {result.title.in_language(self.language)}"
        return self._say("watch_still", check=check, after=self._word(result))

    def _word(self, result: Result) -> str:
        word = self._say(result.verdict.value)
        return f"{word}: {result.finding.cause}" if result.finding else word

    def _say(self, key: str, **facts: str) -> str:
        return interface(key).fill(facts).in_language(self.language)

    def _line(self, text: str, **markup: bool) -> None:
        names = " ".join(COLOURS.get(name, name) for name, on in markup.items() if on)
        self.console.print(Styled(text, style=Style.parse(names) if names else ""), soft_wrap=True)

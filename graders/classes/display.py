"""What is shown while a class is graded: a bar with rate and time in a terminal, a line for each student elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text as Styled

from graders.classes.bulk import Wanted
from graders.texts import catalogue
from graders.verdicts import Scorecard, visible

LONGEST_RUNNING = 60  # columns for the names of those that are being graded


class Display:
    """Shows a class while it is graded.

    Args:
        total: how many submissions there are to grade.
        language: of what is said.
    """

    def __init__(self, console: Console, total: int, language: str) -> None:
        self.console, self.total, self.language = console, total, language
        self._began = time.monotonic()
        self._ended = self._errors = 0
        self._running: dict[str, str] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[errors]}", style="magenta"),
            TextColumn("{task.fields[running]}", style="dim", markup=False),
            console=console,
        )
        self._task = self._progress.add_task("", total=total, rate="", errors="", running="")

    def __enter__(self) -> Display:
        if self.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self._progress.stop()

    @property
    def rate(self) -> float:
        """Submissions an hour so far."""
        return 3600 * self._ended / max(time.monotonic() - self._began, 0.001)

    def tell(self, wanted: Wanted, state: str) -> None:
        """A submission is `starting`, `grading`, or begun `again`."""
        self._running[wanted.entry.id] = wanted.name if state == "grading" else f"({wanted.name})"
        self._show()

    def done(self, wanted: Wanted, card: Scorecard | None, reason: str) -> None:
        """A submission has come to its end."""
        self._running.pop(wanted.entry.id, None)
        self._ended += 1
        scored = card is not None and card.complete
        self._errors += not scored
        if not self.console.is_terminal:
            self.console.print(Styled(self._line(wanted, card, reason)), soft_wrap=True)
        self._show()

    def _line(self, wanted: Wanted, card: Scorecard | None, reason: str) -> str:
        place = f"{self._ended}/{self.total}"
        if card is None or not card.complete:
            why = visible(reason, 200).splitlines()[0] if reason else "-"
            return self._say("line_error", place=place, student=wanted.name, reason=why)
        first = f"{card.first.check}: {card.first.finding.cause}" if card.first and card.first.finding else ""
        points = f"{card.earned:g}/{card.possible:g}"
        facts = {"place": place, "student": wanted.name, "points": points, "seconds": f"{card.seconds:.1f}"}
        return self._say("line_scored", **facts, first=first).rstrip()

    def _show(self) -> None:
        running = ", ".join(self._running.values())
        cut = running if len(running) <= LONGEST_RUNNING else f"{running[: LONGEST_RUNNING - 1]}…"
        errors = self._say("errors", count=str(self._errors)) if self._errors else ""
        rate = self._say("rate", rate=f"{self.rate:.0f}")
        self._progress.update(self._task, completed=self._ended, rate=rate, errors=errors, running=cut)

    def _say(self, key: str, **facts: str) -> str:
        return catalogue("bulk")[key].fill(facts).in_language(self.language)

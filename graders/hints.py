"""The hint ladder: one rung more each time it is asked for.

How far a student came is kept in `.hints.json` in the reports' folder, `{lab: {check: rungs shown}}`: it belongs to
what was graded, is ignored by git like all of it, and goes when the reports go.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.rubric import Check, Lab
from graders.verdicts import Text

STATE = ".hints.json"


class UnknownCheckError(LookupError):
    """A lab has no check of this id."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no check {asked!r}; known: {', '.join(known)}")
        self.asked, self.known = asked, tuple(known)


@dataclass(frozen=True)
class Hint:
    """One rung.

    Args:
        text: what it says.
        rung: which one it is; the first is 1.
        rungs: how many there are.
        lesson: where to read.
        forgotten: whether how far the student came could not be read, and all ladders begin anew.
        exhausted: whether the last rung had been shown before.
    """

    text: Text
    rung: int
    rungs: int
    lesson: str
    forgotten: bool = False
    exhausted: bool = False

    @property
    def last(self) -> bool:
        """Whether there is no further rung."""
        return self.rung == self.rungs


def next_hint(lab: Lab, check_id: str, reports: Path, *, again: bool = False) -> Hint:
    """The next rung for a check; the last one again where all were shown.

    Args:
        reports: the folder where it is kept how far a student came.
        again: begin with the first.

    Raises:
        UnknownCheckError: the lab has no such check.
        OSError: the folder cannot be written.
    """
    check = _find(lab, check_id)
    state, forgotten = _read(reports / STATE)
    shown = 0 if again else min(state.get(lab.id, {}).get(check.id, 0), len(check.hints))
    rung = min(shown + 1, len(check.hints))
    state.setdefault(lab.id, {})[check.id] = rung
    _write(reports / STATE, state)
    return Hint(check.hints[rung - 1], rung, len(check.hints), check.lesson, forgotten, exhausted=rung == shown)


def _find(lab: Lab, check_id: str) -> Check:
    for check in lab.checks:
        if check.id == check_id:
            return check
    raise UnknownCheckError(check_id, [check.id for check in lab.checks])


def _read(path: Path) -> tuple[dict[str, dict[str, int]], bool]:
    """How far a student came, and whether that was there but could not be read."""
    try:
        state = json.loads(path.read_text("utf-8"))
        return {lab: {check: max(0, int(rung)) for check, rung in shown.items()} for lab, shown in state.items()}, False
    except FileNotFoundError:
        return {}, False
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}, True


def _write(path: Path, state: dict[str, dict[str, int]]) -> None:
    """Replace the file in one step, or a second call at the same time would read half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=STATE, delete=False) as draft:
        json.dump(state, draft, indent=1)
    os.replace(draft.name, path)

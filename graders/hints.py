"""The hint ladder: one rung more each time it is asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from graders.rubric import Check, Lab, RubricError
from graders.verdicts import Text

STATE = ".hints.json"  # in the reports' folder: {lab: {check: rungs shown}}


@dataclass(frozen=True)
class Hint:
    """One rung.

    Args:
        text: what it says.
        rung: which one it is; the first is 1.
        rungs: how many there are.
        lesson: where to read, at the last rung.
    """

    text: Text
    rung: int
    rungs: int
    lesson: str

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
        RubricError: the lab has no such check.
        OSError: the folder cannot be written.
    """
    check = _find(lab, check_id)
    state = _read(reports / STATE)
    shown = 0 if again else state.get(lab.id, {}).get(check.id, 0)
    rung = min(shown + 1, len(check.hints))
    state.setdefault(lab.id, {})[check.id] = rung
    reports.mkdir(parents=True, exist_ok=True)
    (reports / STATE).write_text(json.dumps(state, indent=1) + "\n", "utf-8")
    return Hint(check.hints[rung - 1], rung, len(check.hints), check.lesson)


def _find(lab: Lab, check_id: str) -> Check:
    for check in lab.checks:
        if check.id == check_id:
            return check
    known = ", ".join(check.id for check in lab.checks)
    raise RubricError(f"{lab.id} has no check {check_id!r}; known: {known}")


def _read(path: Path) -> dict[str, dict[str, int]]:
    """How far a student came; from the beginning where that cannot be read: it is no loss."""
    try:
        state = json.loads(path.read_text("utf-8"))
        return {lab: {check: max(0, int(rung)) for check, rung in shown.items()} for lab, shown in state.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

"""What happened when while a submission was graded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """What happened when, for the card; seconds since the grading began."""

    began: float = field(default_factory=time.monotonic)
    events: list[dict[str, object]] = field(default_factory=list)

    @contextlib.contextmanager
    def span(self, what: str, kind: str = "check") -> Iterator[None]:
        """Record how long something took."""
        start = time.monotonic()
        try:
            yield
        finally:
            event = {"what": what, "kind": kind, "start": round(start - self.began, 3)}
            self.events.append({**event, "end": round(time.monotonic() - self.began, 3)})

    def mark(self, what: str, kind: str = "event") -> None:
        """Record a moment.

        Args:
            what: a key of the rubric's `[moments]`.
            kind: `broken`, `recovered` or `event`.
        """
        now = round(time.monotonic() - self.began, 3)
        self.events.append({"what": what, "kind": kind, "start": now, "end": now})

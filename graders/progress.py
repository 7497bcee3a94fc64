"""Shows what happens to images while they are prepared."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Shown:
    """Progress on standard error: a line for each image that changes in a terminal, lines in a log elsewhere."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr, highlight=False)
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()  # several images are prepared side by side
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(finished_text="·"),
                TextColumn("{task.fields[key]}", style="bold", markup=False),
                TextColumn("{task.description}", markup=False),
                TimeElapsedColumn(),
                console=console,
            )

    def __enter__(self) -> Shown:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            for task in self._tasks.values():
                self._progress.update(task, total=1, completed=1)
            self._progress.stop()

    def __call__(self, key: str, what: str) -> None:
        """Say what happens to an image."""
        with self._lock:
            if self._progress is None:
                print(f"{key}: {what}", file=sys.stderr, flush=True)
            elif key in self._tasks:
                self._progress.update(self._tasks[key], description=what)
            else:
                self._tasks[key] = self._progress.add_task(what, total=None, key=key)

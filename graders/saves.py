"""Hears when a student saves: a change of a submission that is theirs, and not their editor's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import watchfiles

from graders.dock import Submission, SubmissionRefused, Trouble, pack

STEP_MILLISECONDS = 30  # between two looks for changes
DEBOUNCE_MILLISECONDS = 120  # an editor writes more than one file
LOOK_SECONDS = 0.2  # between two looks for a folder that is gone
LOOK_MILLISECONDS = 200  # between two looks whether a folder is still the same
SETTLE_SECONDS = 1.0  # in which an editor has put its own files away


class Saves:
    """Waits for saves below a folder, in a thread of its own; a folder that is gone may come back.

    Args:
        folder: the submission.
        saved: called in that thread after each batch of changes; tells whether it is one to grade.
    """

    def __init__(self, folder: Path, saved: Callable[[], bool]) -> None:
        self.folder, self._saved = folder, saved
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)
        self._new = threading.Event()
        self._polling: bool | None = None  # None: only where the system has nothing better

    def __enter__(self) -> Saves:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)

    def wait(self) -> None:
        """Wait for a save since the last call of `seen`."""
        while not self._new.wait(LOOK_SECONDS):  # in pieces, so that Ctrl-C is heard on every system
            pass

    def seen(self) -> None:
        """Take what was saved up to now as known."""
        self._new.clear()

    @property
    def waiting(self) -> bool:
        """Whether something was saved since."""
        return self._new.is_set()

    def _watch(self) -> None:
        gone = False
        while not self._stop.is_set():
            if not self.folder.is_dir():
                if not gone:
                    self._tell()
                gone = True
                self._stop.wait(LOOK_SECONDS)
                continue
            gone = False
            try:
                for _ in self._batches():
                    self._tell()
            except FileNotFoundError:  # gone just now
                continue
            except OSError:  # the system has no more watches to give: what is left is to look again and again
                self._polling = True
                self._stop.wait(LOOK_SECONDS)

    def _tell(self) -> None:
        if self._saved():
            self._new.set()

    def _batches(self) -> Iterator[object]:
        """Each batch of changes, and one to begin with, for what was changed before the watch stood.

        It ends when the folder is another one, which the operating system may not tell.
        """
        this, begun = self.folder.stat(), False
        for batch in watchfiles.watch(
            self.folder,
            watch_filter=relevant,
            step=STEP_MILLISECONDS,
            debounce=DEBOUNCE_MILLISECONDS,
            stop_event=self._stop,
            rust_timeout=LOOK_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polling,
        ):
            if batch or not begun:
                yield batch
            begun = True
            now = self.folder.stat()
            # A new folder may have the number of the one that was removed.
            removed = (watchfiles.Change.deleted, str(self.folder)) in batch
            if removed or (now.st_dev, now.st_ino) != (this.st_dev, this.st_ino):
                return


class Editors(watchfiles.DefaultFilter):
    """What editors leave beside the file that is edited: swap files, locks, drafts, backups."""

    ignore_entity_patterns = (
        *watchfiles.DefaultFilter.ignore_entity_patterns,
        r"^#.*#$",  # Emacs
        r"^4913$",  # Vim's test whether a folder can be written
        r"^\.goutputstream-",  # gedit
        r"\.kate-swp$",
        r"^\.nfs[0-9a-f]+$",  # a file that is open while it is removed
        r"^sed[0-9A-Za-z]{6}$",  # sed -i
    )


_of_students = Editors()


def relevant(change: watchfiles.Change, path: str) -> bool:
    """Whether a change is a student's, not an editor's."""
    return _of_students(change, path)


def take_in(folder: Path, seconds: float = SETTLE_SECONDS) -> Submission | SubmissionRefused:
    """Pack a submission that is being edited.

    Args:
        seconds: so long a file may vanish while it is read, as an editor's own files do.

    Returns:
        the packed submission, or why it is none.

    Raises:
        Trouble: there is no such folder, or it cannot be read.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return pack(folder)
        except SubmissionRefused as refused:
            return refused
        except Trouble as problem:
            if problem.code != "submission_unreadable" or time.monotonic() > deadline:
                raise
        time.sleep(0.02)  # between two tries

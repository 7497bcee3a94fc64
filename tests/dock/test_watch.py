"""A watch grades a save in a dock that was waiting for it, and leaves nothing."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import queue
import shutil
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from graders.dock import Dock, pack
from graders.dock.engine import engine
from graders.dock.watcher import OWNER_LABEL
from graders.grading import Grade, Options, dock_settings
from graders.labs import LABS, load
from graders.verdicts import Verdict

pytestmark = pytest.mark.docker

REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"
SECONDS = 120  # for each line that is waited for
PATIENCE = 4  # so that a script may take longer than a line is waited for
SLEEPS = f"sleep {SECONDS + 60}\n"


@pytest.fixture
def work(tmp_path):
    return Path(shutil.copytree(REFERENCE, tmp_path / "work"))


class Watching:
    """`drydock watch` in a terminal of its own."""

    def __init__(self, work, reports):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        unwanted = ("LC_", "LANG", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "graders.cli",
                "watch",
                "networking",
                f"--submission={work}",
                f"--reports={reports}",
            ],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**kept, "LANG": "C.UTF-8", "TERM": "xterm", "DRYDOCK_PATIENCE": str(PATIENCE)},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that the terminal turns Ctrl-C into a signal
        )
        os.close(theirs)
        self.shown = ""
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError), os.fdopen(self.ours, "rb", closefd=False) as terminal:
            for line in terminal:
                self._lines.put(line.decode())

    def until(self, words):
        """What is shown from here to a line with these words."""
        seen = []
        while words not in "".join(seen[-1:]):
            try:
                seen.append(self._lines.get(timeout=SECONDS))
            except queue.Empty:
                raise AssertionError(f"no line with {words!r}; seen:\n{''.join(seen)}") from None
            self.shown += seen[-1]
        return "".join(seen)

    def press_ctrl_c(self):
        os.write(self.ours, b"\x03")

    def end(self):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self.ours)


@pytest.fixture
def watching(work, tmp_path):
    """A running watch of a copy of the reference."""
    watch = Watching(work, tmp_path / "reports")
    yield watch
    watch.end()


def started_by(process):
    """The containers that a process has started."""
    containers = engine().api.containers(all=True, filters={"label": OWNER_LABEL})
    return [one["Id"] for one in containers if f"/{process}/" in one["Labels"][OWNER_LABEL]]


def change(script, old, new):
    text = script.read_text()
    assert old in text
    script.write_text(text.replace(old, new))


def test_each_save_is_graded_and_what_changed_is_told(watching, work, tmp_path, eventually):
    card = tmp_path / "reports" / "networking" / work.parent.name / "result.json"
    until, script = watching.until, work / "start.sh"
    until("100 / 100 points")
    eventually(lambda: started_by(watching.process.pid))  # the next dock
    assert str(card.with_name("scorecard.html")) in until("scorecard:")

    change(script, "--internal inner", "inner")
    opened = until("100 -> 90 points")
    assert "Fix this first" in opened
    assert "now failed: inner_not_internal: inner_is_internal" in opened
    assert json.loads(card.read_text())["score"]["earned"] == 90

    change(script, "--name edge", "--name edge --name edge2")
    assert "still failed: inner_not_internal" not in until("90 -> 5 points")

    script.write_text("if then (")
    broken = until("5 -> 0 points")
    assert "now failed: script_failed: start_works" in broken

    shutil.copy(REFERENCE / "start.sh", script)
    assert "now passed: start_works" in until("0 -> 100 points")

    watching.press_ctrl_c()
    until("Ended. All docks are removed.")
    assert watching.process.wait(SECONDS) == 0
    assert started_by(watching.process.pid) == []
    assert "Traceback" not in watching.shown


def test_what_fails_as_before_is_told_with_its_cause(watching, work):
    change(work / "start.sh", "--internal inner", "inner")
    watching.until("scorecard:")
    with (work / "start.sh").open("a") as script:
        script.write("# no better\n")

    assert "still failed: inner_not_internal: inner_is_internal" in watching.until("still failed")


def test_a_save_while_a_grade_runs_ends_it_and_the_new_state_is_graded(watching, work):
    watching.until("100 / 100 points")
    (work / "start.sh").write_text(SLEEPS)
    watching.until("Saved: grading again.")
    shutil.copy(REFERENCE / "start.sh", work / "start.sh")
    shown = watching.until("100 / 100 points")

    assert "failed" not in shown
    watching.press_ctrl_c()
    assert watching.process.wait(SECONDS) == 0
    assert started_by(watching.process.pid) == []


def test_ctrl_c_while_a_script_runs_leaves_nothing(watching, work):
    watching.until("100 / 100 points")
    (work / "start.sh").write_text(SLEEPS)
    watching.until("Saved: grading again.")
    watching.press_ctrl_c()

    assert watching.process.wait(SECONDS) == 0
    assert started_by(watching.process.pid) == []
    assert "Traceback" not in watching.shown


def test_a_folder_that_goes_and_comes_back_is_graded_again(watching, work):
    watching.until("100 / 100 points")
    shutil.rmtree(work)
    watching.until("There is no folder")
    shutil.copytree(REFERENCE, work)

    watching.until("100 / 100 points")


def test_a_submission_goes_into_a_dock_that_was_started_without_one():
    lab, code = load(LABS / "networking")
    with Dock.start(dock_settings(lab, Options())) as dock:
        card = Grade(lab, code, REFERENCE, Options(only=frozenset({"start_works"})), dock=dock).finish()

        assert [result.verdict for result in card.results] == [Verdict.PASSED]
        assert dock.closed


def test_a_dock_that_was_given_and_not_needed_is_removed(tmp_path, eventually):
    lab, code = load(LABS / "networking")
    for number in range(4002):
        (tmp_path / str(number)).touch()
    dock = Dock.start(dock_settings(lab, Options()))
    card = Grade(lab, code, tmp_path, Options(), dock=dock).finish()

    assert card.first.finding.cause == "submission_too_many_files"
    eventually(lambda: not engine().api.containers(all=True, filters={"id": dock.id}))


def test_an_abandoned_grade_ends_at_once_without_verdicts():
    lab, code = load(LABS / "networking")
    grade = Grade(lab, code, REFERENCE, Options())
    grade.result("start_works")
    grade.abandon()
    card = grade.finish()

    assert not card.complete or card.picked
    assert all(result.verdict is not Verdict.ERROR for result in card.results)


def test_a_submission_of_another_size_replaces_nothing_of_the_dock():
    lab, _ = load(LABS / "networking")
    with Dock.start(dock_settings(lab, Options())) as dock:
        dock.hand_in(pack(REFERENCE))
        listed = dock.run("ls").output.split()

    assert listed == sorted(path.name for path in REFERENCE.iterdir())

"""A watch grades a save in a dock that was waiting for it, and leaves nothing."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
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
SECONDS = 120


@pytest.fixture
def work(tmp_path):
    return Path(shutil.copytree(REFERENCE, tmp_path / "work"))


@pytest.fixture
def watching(work, tmp_path):
    """A running watch, and a function that reads its lines up to one with these words."""
    process = subprocess.Popen(
        [sys.executable, "-m", "graders.cli", "watch", "networking", f"--submission={work}", f"--reports={tmp_path}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LANG": "C.UTF-8", "COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
    )
    lines: queue.Queue[str] = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()

    def until(words):
        seen = []
        while words not in "".join(seen[-1:]):
            try:
                seen.append(lines.get(timeout=SECONDS))
            except queue.Empty:
                raise AssertionError(f"no line with {words!r}; seen:\n{''.join(seen)}") from None
        return "".join(seen)

    yield process, until
    process.kill()
    process.wait()
    reader.join()
    process.stdout.close()


def started_by(process):
    """The containers that a process has started."""
    containers = engine().api.containers(all=True, filters={"label": OWNER_LABEL})
    return [one["Id"] for one in containers if f"/{process}/" in one["Labels"][OWNER_LABEL]]


def test_a_save_is_graded_and_the_change_is_told(watching, work, eventually):
    process, until = watching
    until("100 / 100 points")
    assert started_by(process.pid)

    (work / "start.sh").write_text("exit 3\n")
    broken = until("100 -> 0 points")
    assert "now failed: script_failed: start_works" in broken

    shutil.copy(REFERENCE / "start.sh", work / "start.sh")
    mended = until("0 -> 100 points")
    assert "now passed: start_works" in mended

    shutil.rmtree(work)
    assert "There is no folder" in until("There is no folder")
    shutil.copytree(REFERENCE, work)
    until("100 / 100 points")

    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    eventually(lambda: not started_by(process.pid))


def test_a_submission_goes_into_a_dock_that_was_started_without_one():
    lab, code = load(LABS / "networking")
    with Dock.start(dock_settings(lab, Options())) as dock:
        card = Grade(lab, code, REFERENCE, Options(only=frozenset({"start_works"})), dock=dock).finish()

        assert [result.verdict for result in card.results] == [Verdict.PASSED]
        assert dock._closed


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

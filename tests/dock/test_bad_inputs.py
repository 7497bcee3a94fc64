"""Submissions, machines and rubrics that are not as they should be: each comes to a clear and bounded end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graders.dock import Trouble, watcher
from graders.dock.engine import check_version
from graders.labs import LABS
from graders.rubric import RUBRIC
from graders.scorecards import files
from graders.verdicts import LONGEST_EVIDENCE, Scorecard, Verdict

pytestmark = pytest.mark.docker

ROOT = LABS.parent
REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"
REFUSED_SECONDS = 5
NOBODY = 65534
RUN_SECONDS = 120  # for one whole run of the harness, with or without an engine


@pytest.fixture(autouse=True)
def nothing_is_left(own_containers: Callable[[], list[str]], eventually: Callable[..., None]) -> Iterator[None]:
    """After each grade all docks of this process are gone in time."""
    yield
    eventually(lambda: not own_containers(), 30)


def reasons(card: Scorecard) -> set[tuple[Verdict, str, str]]:
    return {(r.verdict, r.reason.en if r.reason else "", r.reason.ko if r.reason else "") for r in card.results}


def test_a_missing_folder_is_an_error_that_names_it(tmp_path, grade):
    ((verdict, english, korean),) = reasons(grade(tmp_path / "nothing"))

    assert verdict is Verdict.ERROR
    assert english == f"There is no folder {tmp_path / 'nothing'}. Name the folder that holds the submission."
    assert korean == f"{tmp_path / 'nothing'} 폴더가 없습니다. 제출물이 있는 폴더를 지정하세요."


def test_a_file_in_place_of_a_folder_is_an_error_that_names_it(tmp_path, grade):
    (tmp_path / "start.sh").write_text("true")

    ((verdict, english, korean),) = reasons(grade(tmp_path / "start.sh"))

    assert verdict is Verdict.ERROR
    assert english.startswith(f"{tmp_path / 'start.sh'} is not a folder.")
    assert korean.startswith(f"폴더가 아닙니다: {tmp_path / 'start.sh'}.")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that everyone reaches, while this process may not read everything."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(before)


@contextlib.contextmanager
def as_root() -> Iterator[None]:
    """For a moment, who we were before `as_nobody`."""
    now = os.geteuid()
    os.seteuid(os.getuid())
    try:
        yield
    finally:
        os.seteuid(now)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_cannot_be_read_is_an_error_that_names_it(as_nobody, grade, kind):
    with as_root():
        closed = as_nobody / "handed-in" / "closed"
        closed.parent.mkdir()
        closed.mkdir() if kind == "folder" else closed.write_text("secret")
        closed.chmod(0)

    ((verdict, english, korean),) = reasons(grade(closed.parent))

    assert verdict is Verdict.ERROR
    assert english.startswith(f"{closed} cannot be read (Permission denied).")
    assert str(closed) in korean
    assert korean != english


def test_a_submission_below_a_folder_that_cannot_be_entered_is_an_error_in_both_languages(as_nobody, grade):
    with as_root():
        (as_nobody / "closed" / "handed-in").mkdir(parents=True)
        (as_nobody / "closed").chmod(0)

    ((verdict, english, korean),) = reasons(grade(as_nobody / "closed" / "handed-in"))

    assert verdict is Verdict.ERROR
    assert "cannot be read" in english
    assert korean != english


def test_an_empty_folder_misses_its_script(tmp_path, grade, outcomes, speaks_both):
    card = grade(tmp_path)

    assert outcomes(card) == {"start_works": "failed: script_missing"}
    assert speaks_both(card)


def test_a_huge_sparse_file_is_refused_at_once(hand_in, grade, outcomes, speaks_both):
    folder = hand_in()
    with (folder / "huge").open("wb") as file:
        file.truncate(1 << 30)
    began = time.monotonic()

    card = grade(folder)

    assert outcomes(card) == {"start_works": "failed: submission_too_large"}
    assert speaks_both(card)
    assert time.monotonic() - began < REFUSED_SECONDS


def test_very_many_files_are_refused_at_once(hand_in, grade, outcomes, speaks_both):
    folder = hand_in()
    for number in range(20_000):
        os.close(os.open(folder / str(number), os.O_CREAT, 0o644))
    began = time.monotonic()

    card = grade(folder)

    assert outcomes(card) == {"start_works": "failed: submission_too_many_files"}
    assert speaks_both(card)
    assert time.monotonic() - began < REFUSED_SECONDS


def test_a_link_that_leads_out_is_left_out_and_noticed(hand_in, grade, outcomes):
    folder = hand_in()
    (folder / "passwords").symlink_to("/etc/passwd")
    (folder / "above").symlink_to("../..")

    card = grade(folder, "start_works")

    assert outcomes(card) == {"start_works": "passed"}
    assert [notice.en for notice in card.notices] == [
        "Left out of the submission: above: link that leads out",
        "Left out of the submission: passwords: link that leads out",
    ]
    assert all(notice.ko.startswith("제출물에서 제외") for notice in card.notices)


def test_a_script_that_is_a_link_out_is_missing(hand_in, grade, outcomes, tmp_path):
    folder = hand_in()
    (folder / "start.sh").rename(tmp_path / "elsewhere.sh")
    (folder / "start.sh").symlink_to(tmp_path / "elsewhere.sh")

    assert outcomes(grade(folder, "start_works")) == {"start_works": "failed: script_missing"}


def test_a_pipe_and_a_socket_are_left_out_and_noticed(hand_in, grade, outcomes, monkeypatch):
    folder = hand_in()
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

    card = grade(folder, "start_works")

    assert outcomes(card) == {"start_works": "passed"}
    assert [notice.en.rpartition(": ")[0] for notice in card.notices] == [
        "Left out of the submission: pipe",
        "Left out of the submission: socket",
    ]


def test_names_that_are_no_text_or_look_like_options_do_no_harm(hand_in, grade, outcomes):
    folder = hand_in(before='test "$(ls | wc -l)" = 5')
    for name in (b"\xff\xfe.txt", b"-rf", b"a\nb\x1b[31m"):
        with open(os.path.join(os.fsencode(folder), name), "w"):
            pass

    assert outcomes(grade(folder, "start_works")) == {"start_works": "passed"}


def test_a_path_too_long_for_the_system_is_left_out(hand_in, grade, outcomes):
    folder = hand_in()
    here = os.open(folder, os.O_DIRECTORY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=here)
        deeper = os.open("x" * 250, os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)

    card = grade(folder, "start_works")

    assert outcomes(card) == {"start_works": "passed"}
    assert card.notices[0].en.endswith("name too long")


def test_what_a_script_prints_stays_visible_and_does_nothing(hand_in, grade, outcomes, tmp_path):
    hostile = "\\033[31m\\033]0;owned\\007<script>alert(1)</script><img src=x onerror=alert(1)>\\u202e\\r\\b"
    card = grade(hand_in(before=f"printf '{hostile}'; exit 3"))
    files.write(card, tmp_path / "card", "en")
    written = {path.name: path.read_text("utf-8") for path in (tmp_path / "card").iterdir()}

    assert outcomes(card) == {"start_works": "failed: script_failed"}
    assert "␛[31m␛]0;owned␇<script>alert(1)</script>" in card.results[0].finding.evidence[0].text
    assert set(written) == {"result.json", "scorecard.html", "scorecard.ko.html"}
    for text in written.values():
        assert not set(text) & set("\x1b\x07\x08\r\u202e")
    for name in ("scorecard.html", "scorecard.ko.html"):
        assert "<script>alert" not in written[name]
        assert "<img src=x" not in written[name]
        assert "&lt;script&gt;alert(1)" in written[name]


FILLERS = {
    "the folder": "dd if=/dev/zero of=big bs=1M",
    "a volume": "docker run --rm -v full:/full busybox:1.37 dd if=/dev/zero of=/full/big bs=1M",
    "a writable layer": "docker run busybox:1.37 dd if=/dev/zero of=/big bs=1M",
}


@pytest.mark.parametrize("filler", FILLERS.values(), ids=FILLERS)
def test_a_full_disk_is_a_limit_that_was_reached(hand_in, grade, outcomes, speaks_both, filler):
    card = grade(hand_in(before=f"set -e; {filler}"))

    assert outcomes(card) == {"start_works": "failed: limit_reached"}
    assert speaks_both(card)


@pytest.mark.parametrize("filler", FILLERS.values(), ids=FILLERS)
def test_a_disk_that_was_filled_in_silence_makes_no_error(hand_in, grade, speaks_both, filler):
    card = grade(hand_in(after=f"set +e; {filler}; exit 0"))

    assert card.complete, reasons(card)
    assert card.results[0].verdict is Verdict.PASSED
    assert speaks_both(card)


def test_a_script_that_removes_its_own_files_misses_them_later(hand_in, grade, outcomes, speaks_both):
    card = grade(hand_in(before="rm -rf /work/* /work/.[!.]*"))

    assert {check: seen for check, seen in outcomes(card).items() if seen != "passed"} == {
        "starts_again": "failed: script_missing"
    }
    assert speaks_both(card)


@pytest.mark.parametrize("attack", ["kill -9 1; kill -9 -1", "pkill -9 dockerd; pkill -9 python3; pkill -9 -u root"])
def test_a_script_that_kills_what_it_can_harms_only_itself(hand_in, grade, outcomes, attack):
    card = grade(hand_in(before=f"{{ {attack}; }} 2>/dev/null; true"))

    assert set(outcomes(card).values()) == {"passed"}


def test_a_container_that_logs_without_end_does_no_harm(hand_in, grade, outcomes):
    flood = "docker run --name store --entrypoint sh -d drydock/store:1 -c 'yes {0} | head -c 100000000; exit 1'"
    folder = hand_in(scripts={"start.sh": flood.format("y" * 10_000) + "; docker wait store"})

    card = grade(folder)
    shown = [evidence.text for result in card.results if result.finding for evidence in result.finding.evidence]

    assert outcomes(card)["start_works"] == "passed"
    assert card.complete
    assert max(map(len, shown)) <= 2 * LONGEST_EVIDENCE


def test_a_log_of_100_megabytes_on_one_line_is_cut(hand_in, grade, outcomes):
    flood = "docker run --name edge --entrypoint sh -d drydock/edge:1 -c 'head -c 100000000 /dev/zero; exit 1'"

    card = grade(hand_in(scripts={"start.sh": f"{flood}; docker wait edge"}))
    (finding,) = [result.finding for result in card.results if result.finding]

    assert outcomes(card) == {"start_works": "passed", "containers_run": "failed: container_stopped"}
    assert max(len(evidence.text) for evidence in finding.evidence) <= 2 * LONGEST_EVIDENCE


def test_containers_that_look_like_the_graders_own_change_nothing(hand_in, grade, outcomes):
    guest = "docker run -d --name guest-00000000 busybox:1.37 sleep 600"
    clean = "docker rm -f guest-00000000\n" + (REFERENCE / "clean.sh").read_text()

    card = grade(hand_in(before=guest, scripts={"clean.sh": clean}))

    assert set(outcomes(card).values()) == {"passed"}


TAKEN = {
    "port": "docker run -d --name first -p 127.0.0.1:$PORT:80 busybox:1.37 sleep 600",
    "name": "docker run -d --name store busybox:1.37 sleep 600",
}


@pytest.mark.parametrize("taker", TAKEN.values(), ids=TAKEN)
def test_what_a_script_has_taken_from_itself_makes_it_fail(hand_in, grade, outcomes, speaks_both, taker):
    card = grade(hand_in(before=taker))

    assert outcomes(card) == {"start_works": "failed: script_failed"}
    assert speaks_both(card)


class Between:
    """A unix socket in front of the engine's, which can be cut."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path, self.engine = path, engine
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        self.ends: list[socket.socket] = []
        self.is_cut = False
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self.listener.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(self.engine)
            with self.lock:
                self.ends += [ours, theirs]
                if self.is_cut:
                    self._close()
            for source, target in ((ours, theirs), (theirs, ours)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def cut(self) -> None:
        """End every connection, and take no further one."""
        with self.lock:
            if not self.is_cut:
                self.is_cut = True
                self.path.unlink()
                with contextlib.suppress(OSError):
                    self.listener.shutdown(socket.SHUT_RDWR)
                self.listener.close()
                self._close()


@pytest.fixture
def between() -> Iterator[Between]:
    """A way to the engine that can be cut; in a folder of its own, for a socket's path must be short."""
    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        proxy = Between(Path(folder) / "engine.sock", given.removeprefix("unix://"))
        try:
            yield proxy
        finally:
            proxy.cut()


def harness(lab: Path, reports: Path, *options: str, host: str = "") -> subprocess.Popen[str]:
    """Start pytest on a lab, as a student does."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "pytest", str(lab), f"--reports={reports}", *options],
        cwd=ROOT,
        env={**os.environ, **({"DOCKER_HOST": host} if host else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ending(process: subprocess.Popen[str]) -> tuple[int, str]:
    """How a harness ends, in bounded time, and what it has printed till then."""
    try:
        output, _ = process.communicate(timeout=RUN_SECONDS)
    finally:
        process.kill()
        process.wait()
    return process.returncode, output


def test_an_engine_that_dies_while_it_grades_costs_no_points(tmp_path, between):
    submission = tmp_path / "someone"
    shutil.copytree(REFERENCE, submission)
    options = (f"--submission={submission}", "--lang=en")
    run = harness(LABS / "networking", tmp_path, *options, host=f"unix://{between.path}")
    assert run.stdout
    for line in run.stdout:
        if "start_works" in line:
            between.cut()
            break
    code, output = ending(run)
    result = json.loads((tmp_path / "networking" / "someone" / "result.json").read_text("utf-8"))
    watcher.sweep()  # the watcher of that run had lost the engine too

    assert code == 1, output
    assert result["score"]["complete"] is False
    assert "no score: an error that is not yours" in output
    assert {entry["verdict"] for entry in result["checks"]} <= {"passed", "error"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "No Docker engine answers at unix:///nonexistent"),
        ("ko", "unix:///nonexistent에서 Docker 엔진이 응답하지 않습니다"),
    ],
)
def test_a_machine_without_an_engine_is_told_so_in_the_language_asked_for(tmp_path, language, expected):
    code, output = ending(harness(LABS / "networking", tmp_path, f"--lang={language}", host="unix:///nonexistent"))

    assert code == 1
    assert expected in " ".join(output.split())
    assert "Traceback" not in output


def test_a_proxy_or_broken_address_in_place_of_an_engine_is_told_clearly(tmp_path):
    code, output = ending(harness(LABS / "networking", tmp_path, "--lang=en", host="nonsense://x"))

    assert code == 1
    assert "No Docker engine answers at nonsense://x" in " ".join(output.split())
    assert "Traceback" not in output


@pytest.mark.parametrize("version", ["18.09.1", "19.03.15", "20.09"])
def test_an_engine_that_is_too_old_is_refused_with_its_version(version):
    with pytest.raises(Trouble) as refused:
        check_version({"Version": version})

    assert refused.value.code == "engine_too_old"
    assert refused.value.facts == {"seen": version, "oldest": "20.10"}


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "26.1.5", "100.0.1", "dev"])
def test_an_engine_that_is_new_enough_or_built_by_hand_is_taken(version):
    check_version({"Version": version, "Components": [{"Name": "Engine"}]})


def test_podman_is_told_from_docker():
    with pytest.raises(Trouble) as refused:
        check_version({"Version": "5.4.2", "Components": [{"Name": "Podman Engine"}]})

    assert refused.value.code == "not_docker"


def test_a_rubric_with_an_unknown_key_is_refused_with_its_file_and_key(tmp_path):
    lab = tmp_path / "networking"
    shutil.copytree(LABS / "networking", lab)
    text = (lab / RUBRIC).read_text("utf-8")
    (lab / RUBRIC).write_text("wek = 5\n" + text, "utf-8")

    code, output = ending(harness(lab, tmp_path / "reports", "-p", "graders.plugin"))

    assert code == 2
    assert str(lab / RUBRIC) in "".join(output.split("\n"))
    assert "wek" in output
    assert "Traceback" not in output

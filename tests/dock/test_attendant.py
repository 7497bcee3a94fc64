"""The process in a dock that answers the harness: many questions at once, failures told, its end told."""

from __future__ import annotations

import concurrent.futures
import json
from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings, Trouble
from graders.dock.attendant import Attendant
from graders.dock.engine import engine

pytestmark = pytest.mark.docker
MOST = 1 << 20  # bytes of an answer


def job(program: str, question: object) -> dict[str, object]:
    return {"program": program, "arguments": [json.dumps(question)]}


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


@pytest.fixture
def attendant(dock) -> Iterator[Attendant]:
    started = Attendant(dock.id, 30)
    yield started
    started.close()


def test_questions_that_are_asked_at_once_get_their_own_answers(attendant):
    def ask(port):
        probe = [{"do": "connect", "pid": 0, "address": "127.0.0.1", "port": port, "seconds": 1}]
        return json.loads(attendant.ask(job("probe.py", probe), 20, MOST))[0].get("connected", False)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, [2376, 1] * 32))

    assert answers == [True, False] * 32


def test_a_slow_command_does_not_hold_up_a_quick_one(dock):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(dock.run, "bash", "-c", "until [ -e /work/answered ]; do sleep 0.1; done")
        dock.probe({"do": "network", "pid": 0})

        assert not slow.done()
        dock.output("touch", "/work/answered")
        assert slow.result().exit == 0


def test_commands_of_the_students_wait_for_each_other(dock):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: dock.run("sleep", "0.3"), range(4)))

    assert [one.exit for one in ran] == [0, 0, 0, 0]


def test_a_program_that_fails_is_told_with_its_reason(attendant):
    with pytest.raises(Trouble) as failed:
        attendant.ask({"program": "probe.py", "arguments": ["no JSON"]}, 20, MOST)

    assert failed.value.code == "dock_lost"
    assert "JSONDecodeError" in failed.value.facts["problem"]


def test_a_program_that_there_is_not_is_told(attendant):
    with pytest.raises(Trouble, match=r"nothing\.py"):
        attendant.ask({"program": "nothing.py", "arguments": []}, 20, MOST)


def test_an_answer_that_does_not_come_is_told_after_its_time(attendant):
    # No command of the student's: its end, whenever that comes, would end the commands of the tests after this one.
    with pytest.raises(Trouble, match=r"sleep did not answer within 0\.5 s"):
        attendant.ask({"command": ["sleep", "5"], "arguments": []}, 0.5, MOST)


def test_output_of_every_size_comes_back_whole(dock):
    for size in (0, 1, 65535, 65536, 400_000):
        ran = dock.run("bash", "-c", f"head -c {size} /dev/zero | tr '\\0' x")

        assert (ran.exit, ran.ended_by) == (0, "")
        if size <= 65536:
            assert ran.output == "x" * size
        else:
            assert "bytes left out" in ran.output


def test_commands_and_programs_of_ours_run_as_the_docks_root_with_their_arguments(dock):
    assert dock.output("sh", "-c", 'id -u; echo "$0"; cat', "a b\n") == "0\na b\n\n"
    assert dock.program("import os, sys\nprint(os.getuid(), sys.argv[1:])", "a b", "c") == "0 ['a b', 'c']\n"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("sh", "-c", "echo why >&2; exit 3"), "sh ended with 3: why"),
        (("no-such-program",), "No such file or directory"),
        (("sh", "-c", "kill -9 $$"), "sh ended with -9"),
        (("yes",), f"it said more than {MOST} bytes"),
    ],
)
def test_a_command_of_ours_that_fails_or_says_too_much_is_told(dock, command, told):
    with pytest.raises(Trouble) as failed:
        dock.output(*command, most=MOST)

    assert failed.value.code == "dock_lost"
    assert told in failed.value.facts["problem"]


def test_a_program_of_ours_may_say_much_beside_others_that_answer(dock):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        much = pool.submit(dock.output, "head", "-c", str(20 << 20), "/dev/zero", most=20 << 20)
        little = pool.submit(dock.output, "echo", "little")

        assert little.result() == "little\n"
        assert len(much.result()) == 20 << 20


def test_whoever_waits_is_told_when_the_dock_is_gone():
    with Dock.start(Settings(images=("busybox",))) as lost, concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lost.run, "sleep", "60")
        lost.probe({"do": "network", "pid": 0})
        engine().api.kill(lost.id)

        with pytest.raises(Trouble) as told:
            waiting.result(20)
        with pytest.raises(Trouble):
            lost.run("true")
    assert told.value.code == "dock_lost"


def test_a_script_gets_no_descriptor_of_the_attendants(dock):
    ran = dock.run("bash", "-c", "ls -l /proc/self/fd | grep -c -E 'pipe|socket'")

    assert int(ran.output) <= 4  # its own three, and the pipe to grep


def test_a_script_cannot_end_the_attendant(dock):
    dock.run("bash", "-c", "pkill -9 -f attend.py; kill -9 -1; true")

    assert dock.run("true").exit == 0


def test_no_process_is_left_by_questions_and_by_what_scripts_leave_behind(dock):
    def processes():
        return sum(name.isdigit() for name in dock.output("ls", "/proc").split())

    dock.run("true")
    before = processes()
    for _ in range(20):
        dock.run("bash", "-c", "for i in 1 2 3 4 5; do (setsid sleep 600 &); done")
        dock.probe(*[{"do": "connect", "pid": 0, "address": "127.0.0.1", "port": 1, "seconds": 1}] * 5)
    dock.run("true")

    assert processes() <= before + 10

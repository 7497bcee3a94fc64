"""A command of the harness's own in a container of a dock, which is run there without the engine."""

import pytest

from graders.dock import Dock, Settings
from graders.dock.answers import Entered

pytestmark = pytest.mark.docker

IMAGE = "busybox"


@pytest.fixture(scope="module")
def dock():
    with Dock.start(Settings(images=(IMAGE,))) as dock:
        yield dock


@pytest.fixture
def container(dock):
    made = dock.engine.containers.run(
        dock.image_ids[IMAGE], ["sleep", "999"], detach=True, hostname="harbour", environment={"COLOUR": "red"}
    )
    yield made
    made.remove(force=True)


def enter(dock, container, *command, **more):
    return dock.enter(dock.engine.api.inspect_container(container.id), *command, **more)


@pytest.mark.parametrize(
    "command",
    [
        "hostname",
        "echo $COLOUR $HOME",
        "cat /proc/1/cmdline",
        "id -u; id -g",
        "ls /",
        "for kind in user mnt net ipc uts pid cgroup; do readlink /proc/self/ns/$kind; done",
        "ifconfig eth0 | grep inet",
        "grep NoNewPrivs /proc/1/status; pwd",
        "exit 7",
    ],
)
def test_a_command_sees_what_it_sees_by_an_exec(dock, container, command):
    by_engine = container.exec_run(["sh", "-c", command])

    assert enter(dock, container, "sh", "-c", command) == Entered(by_engine.exit_code, by_engine.output.decode())


def test_both_streams_come_in_their_order(dock, container):
    said = enter(dock, container, "sh", "-c", "for i in 1 2 3; do echo out; echo err >&2; done")

    assert said == Entered(0, "out\nerr\n" * 3)


def test_a_command_has_no_capabilities_and_gains_none(dock, container):
    status = enter(dock, container, "cat", "/proc/self/status").output.split("\n")

    assert {line.split()[1] for line in status if line.startswith("Cap")} == {"0" * 16}
    assert "NoNewPrivs:\t1" in status


def test_a_command_is_in_the_students_cgroup(dock, container):
    own = enter(dock, container, "cat", "/proc/self/cgroup").output

    assert "/lab" in own or "/../" in own


def test_variables_are_laid_over_the_containers_own(dock, container):
    said = enter(dock, container, "sh", "-c", "echo $COLOUR $SIZE", environment={"COLOUR": "blue", "SIZE": "9"})

    assert said == Entered(0, "blue 9\n")


def test_a_command_that_is_not_there_says_so(dock, container):
    assert enter(dock, container, "no-such-command") == Entered(127, "no-such-command: No such file or directory\n")


def test_a_command_ended_by_a_signal_says_by_which(dock, container):
    assert enter(dock, container, "sh", "-c", "kill -9 $$") == Entered(-9, "")


@pytest.mark.parametrize(("command", "limits"), [("sleep 88", {"seconds": 1}), ("yes", {"most": 1000, "seconds": 30})])
def test_a_command_that_goes_on_is_ended(dock, container, command, limits):
    said = enter(dock, container, "sh", "-c", f"echo begun; exec {command}", **limits)

    assert said.exit is None
    assert said.output.startswith("begun\n")
    assert command not in enter(dock, container, "ps").output


def test_a_container_that_does_not_run_is_not_entered(dock, container):
    running = dock.engine.api.inspect_container(container.id)
    container.pause()
    assert enter(dock, container, "true") is None
    container.unpause()
    assert enter(dock, container, "true") == Entered(0, "")
    container.kill()
    assert enter(dock, container, "true") is None

    assert dock.enter(running, "true") is None  # by what was true a moment ago


def test_a_process_of_another_container_is_not_entered(dock, container):
    running = dock.engine.api.inspect_container(container.id)

    assert dock.enter({**running, "Id": "0" * 64}, "true") is None

"""A dock's containers are started by a faster program than at home, and nobody notices but by the time."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings

pytestmark = pytest.mark.docker

IMAGE = "busybox:1.37"


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


def _said(dock: Dock, command: str) -> str:
    """What a command of the student's says, and its exit code."""
    ran = dock.run("bash", "-c", command, seconds=30)
    return f"{ran.output}{ran.exit}"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("nosuch", 127, 'exec: "nosuch": executable file not found in $PATH'),
        ("/nosuch/there", 127, 'exec: "/nosuch/there": stat /nosuch/there: no such file or directory'),
        ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'),
        ("/etc", 126, 'exec: "/etc": is a directory'),
    ],
)
def test_a_program_that_cannot_be_started_is_told_of_as_at_home(
    dock: Dock, command: str, code: int, words: str
) -> None:
    said = _said(dock, f"docker run --rm {IMAGE} {command}")

    assert f"OCI runtime create failed: runc create failed: unable to start container process: {words}" in said
    assert said.endswith(f"\n{code}")


def test_a_program_that_cannot_be_started_in_a_running_container_is_told_of_as_at_home(dock: Dock) -> None:
    _said(dock, f"docker run --detach --name running {IMAGE} sleep 1000")
    failed = "OCI runtime exec failed: exec failed: unable to start container process:"

    for command, code, words in (
        ("nosuch", 126, 'exec: "nosuch": executable file not found in $PATH'),
        ("'a\"b'", 126, 'exec: "a"b": executable file not found in $PATH'),
        ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'),
    ):
        said = _said(dock, f"docker exec running {command}")
        assert f"{failed} {words}" in said.replace("\\", "")
        assert said.endswith(f"\n{code}")
    assert _said(dock, "docker exec running sh -c 'exit 3'") == "3"


def test_a_build_step_that_cannot_be_started_is_told_of_as_at_home(dock: Dock) -> None:
    said = _said(dock, f"printf 'FROM {IMAGE}\\nRUN [\"nosuch\"]\\n' | docker build -")

    assert 'runc run failed: unable to start container process: exec: "nosuch": executable file not found' in said


def test_rules_of_a_network_are_made_by_the_tables_that_the_kernel_knows(dock: Dock) -> None:
    """Whichever they are, a container's address is hidden behind the dock's."""
    rules = dock.output("iptables", "--table", "nat", "--list-rules", "POSTROUTING")

    assert "MASQUERADE" in rules
    assert "DRYDOCK" not in dock.output("iptables", "--table", "nat", "--list-rules")


def test_users_can_be_made_in_busybox_as_in_the_official_image(dock: Dock) -> None:
    """The stand-in has what Debian's build lacks of what images are made with."""
    dockerfile = f"""FROM {IMAGE}
RUN addgroup -S -g 2345 crew && adduser -D -H -u 1234 -G crew -s /bin/sh mate && adduser -D cook && addgroup cook crew
USER mate
"""
    said = _said(dock, f"mkdir -p users; printf %s {shlex.quote(dockerfile)} | docker build -q -t users -")

    assert said.endswith("\n0"), said
    assert _said(dock, "docker run --rm users id") == "uid=1234(mate) gid=2345(crew) groups=2345(crew)\n0"
    assert "2345(crew)" in _said(dock, "docker run --rm users id cook")
    assert _said(dock, "docker run --rm --user cook users sh -c 'touch ~/x && ls /home'") == "cook\n0"


def test_busybox_has_the_tools_of_the_official_image_that_students_look_around_with(dock: Dock) -> None:
    script = "printenv A; printenv B; sleep 99 & sleep 98 & until [ $(pgrep sleep | wc -l) = 2 ]; do :; done"
    script += "; pgrep sleep; pgrep -x slee"
    script += "; pgrep -fxl 'sleep 98'; pkill -9 sleep"
    said = _said(dock, f"docker run --rm --env A=1 {IMAGE} sh -c {shlex.quote(script)}").split("\n")

    assert [said[0], len(said[1:3]), said[3].partition(" ")[2], said[-1]] == ["1", 2, "sleep", "0"], said


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("mkdir -p t/a; touch t/.x 't/a/b c'; find t -mindepth 1 -delete; find t", "t"),
        ("mkdir -p t/a; touch t/x t/a/x t/y; find t -name x -type f -delete; find t | sort", "t\nt/a\nt/y"),
        ("mkdir t; ln -s /bin t/l; find t -delete; ls /bin/find; ls t 2>/dev/null", "/bin/find"),
        ("mkdir 'a b'; touch 'a b/*'; find 'a b' -name '*' -print | sort", "a b\na b/*"),
        ("mountpoint /proc; mountpoint /bin; mountpoint -q /proc && echo yes; mountpoint -q /nosuch || echo no",
         "/proc is a mountpoint\n/bin is not a mountpoint\nyes\nno"),
        ("nohup sh -c 'kill -HUP $$; echo survived'", "survived"),
        ("nice -n 7 sh -c nice; nice sh -c nice; nice", "7\n10\n0"),
    ],
)  # fmt: skip
def test_busybox_has_what_debians_build_lacks_of_the_official_image(dock: Dock, script: str, said: str) -> None:
    run = f"docker run --rm --workdir /tmp --env PATH=/bin {IMAGE} sh -c {shlex.quote(script)}"

    assert _said(dock, run).splitlines()[:-1] == said.splitlines()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("-z 127.0.0.1 PORT", 0, ""),
        ("127.0.0.1 PORT -z", 0, ""),
        ("-nzvw1 127.0.0.1 PORT", 0, "127.0.0.1 (127.0.0.1:PORT) open"),
        ("-w 1 -z 127.0.0.1 1", 1, ""),
        ("-zv 127.0.0.1 1", 1, "nc: can't connect to remote host (127.0.0.1): Connection refused"),
        ("-z nosuch 1", 1, "nc: bad address 'nosuch'"),
        ("-w 1 127.0.0.1 PORT -e echo hello", 0, ""),
    ],
)
def test_busybox_looks_whether_a_port_is_open_as_in_the_official_image(dock: Dock, options, code, said) -> None:
    listens = "httpd -p 8080; until wget -qO- 127.0.0.1:8080/etc/hostname >/dev/null; do :; done; "
    script = f"{listens} nc {options.replace('PORT', '8080')} 2>&1 </dev/null; echo $?"
    lines = _said(dock, f"docker run --rm {IMAGE} sh -c {shlex.quote(script)}").splitlines()

    assert lines == [*filter(None, [said.replace("PORT", "8080")]), str(code), "0"]


def test_busybox_still_talks_by_nc_both_ways(dock: Dock) -> None:
    serve = "nc -lk -p 9000 -e sh -c 'read line; echo got $line' &"
    script = (
        f"{serve} until nc -z 127.0.0.1 9000; do :; done; echo one | nc 127.0.0.1 9000; echo two | nc -v 127.0.0.1 9000"
    )

    assert _said(dock, f"docker run --rm {IMAGE} sh -c {shlex.quote(script)}").endswith("got one\ngot two\n0")


@pytest.mark.parametrize("more", ["", "--sysctl net.ipv4.ip_forward=1", "--network none", "--hostname pier"])
def test_a_container_may_have_the_name_of_a_domain(dock: Dock, more: str) -> None:
    seen = "cat /proc/sys/kernel/domainname"

    assert _said(dock, f"docker run --rm --domainname harbour.example {more} {IMAGE} {seen}") == "harbour.example\n0"
    assert _said(dock, f"docker run --rm {more} {IMAGE} {seen}") == "(none)\n0"


def test_a_stop_takes_its_time_by_the_new_name_and_the_old(dock: Dock) -> None:
    for option in ("--time 1", "--time=1", "--timeout 1", "--timeout=1", "-t 1"):
        _said(dock, f"docker run --detach --init --name stopping {IMAGE} sleep 1000")

        assert _said(dock, f"docker stop {option} stopping") == "stopping\n0", option
        assert _said(dock, "docker rm --force stopping") == "stopping\n0"


def test_a_volume_within_a_volume_goes_with_its_container(dock: Dock) -> None:
    _said(dock, f"docker run --detach --name nested --volume outer:/a --volume /a/b {IMAGE} sleep 1000")

    assert _said(dock, "docker rm --force --volumes nested") == "nested\n0"
    assert _said(dock, "docker volume rm outer") == "outer\n0"
    assert _said(dock, "docker volume ls --quiet") == "0"


@pytest.mark.parametrize(
    "command",
    [
        "compose",
        "compose nosuch",
        "compose --file nosuch.yaml up",
        "compose ps --format json",
        "buildx ls",
        "buildx nosuch",
        "build",
        "build --help",
        "build --nosuch .",
        "build --builder nosuch .",
        "build nosuch",
    ],
)
def test_what_a_plugin_does_is_told_as_by_the_command(dock: Dock, command: str) -> None:
    """The plugin is started without the command (see the recipe `docker`); whoever reads it sees no difference."""
    through, direct = (dock.run(docker, *command.split()) for docker in ("/usr/bin/docker", "docker"))

    assert (direct.exit, direct.output) == (through.exit, through.output)


@pytest.mark.parametrize("docker", ["docker", "/usr/bin/docker"])
def test_a_plugin_that_is_told_to_end_tidies_up_as_under_the_command(dock: Dock, docker: str) -> None:
    """A script may start `docker compose up` in the background, and end it by the number that the shell gave it."""
    service = f'{{image: {IMAGE}, init: true, command: [sh, -c, "echo begun; exec sleep 1000"]}}'
    dock.run("sh", "-c", f"echo 'services: {{a: {service}}}' > compose.yaml")
    ends = f""": > said  # else the words of the test before may be read, and the command ended before it listens
    {docker} compose up > said 2>&1 & up=$!
    until grep -q '| begun' said; do sleep 0.05; done
    kill $up; wait $up; code=$?
    {docker} compose ps --all --format '{{{{.State}}}}'
    {docker} compose down
    grep -o '^panic: .*' said
    exit $code"""

    said = _said(dock, ends)

    # Compose 2.26.1 may close a channel twice when it is told to end: once in 20 times, started either way.
    panic = "panic: close of closed channel\n2"
    assert said.startswith("exited\n")
    assert said.endswith(("\n130", panic))


def test_a_builder_that_the_student_has_chosen_is_kept(dock: Dock) -> None:
    said = dock.run("docker", "build", "nosuch", environment={"BUILDX_BUILDER": "chosen"})

    assert 'no builder "chosen" found' in said.output
    old = dock.run("docker", "build", "nosuch", environment={"DOCKER_BUILDKIT": "0"})
    assert "legacy builder is deprecated" in old.output


def test_the_engine_knows_its_runtime(dock: Dock) -> None:
    """Its version is kept with the image: the engine asks for it all the time."""
    said = dock.output("/usr/sbin/runc", "--version")

    assert dock.output("runc", "--version") == said
    (runc,) = [component for component in dock.engine.api.version()["Components"] if component["Name"] == "runc"]
    assert f"runc version {runc['Version']}\n" in said


def test_nobody_can_write_to_the_program_that_starts_containers(dock: Dock) -> None:
    """Else it copies itself each time, lest a container overwrite it."""
    (mount,) = [line for line in dock.output("cat", "/proc/self/mounts").splitlines() if " /usr/bin/crun " in line]

    assert mount.split()[3].split(",")[0] == "ro"


# An engine that knows a pipe's path at first, as the real one does, and opens it before the second start.
LATE_ENGINE = """
import os, subprocess
os.makedirs("/run/docker/containerd/late.1.1")
pipe = "/run/docker/containerd/late.1.1/late-stdout"
os.mkfifo(pipe)
path = os.open(pipe, os.O_PATH)
with open("/run/late.pid", "w") as file:
    file.write(f"{os.getpid()}\\n")
def start(seconds):
    command = f"exec timeout {seconds} /usr/local/sbin/runc --root /run/none start late"
    command = ["unshare", "--mount", "sh", "-c", f"mount --bind /run/late.pid /run/docker.pid && {command}"]
    print(subprocess.run(command, stderr=subprocess.DEVNULL).returncode)


start(1)
opened = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
start(60)
"""


def test_a_container_starts_once_the_engine_listens_to_it(dock: Dock) -> None:
    waited, started = dock.output("python3", "-c", LATE_ENGINE).split()

    assert waited == "124"  # its time was up
    assert started == "1"  # there is no such container


# Docker in the place of the real one, which fails as often as it is told to.
FAILING = """
import os, subprocess, sys
told, times = sys.argv[1:3]
with open("/run/failing", "w") as file:
    file.write(
        "#!/bin/sh\\n"
        "echo . >>/run/calls\\n"
        'echo "did: $*"\\n'
        f"[ $(wc -l </run/calls) -gt {times} ] || {{ echo 'Error response from daemon: {told}' >&2; exit 1; }}\\n"
    )
os.chmod("/run/failing", 0o755)
open("/run/calls", "w").close()
command = 'mount --bind /run/failing /usr/bin/docker && exec /usr/local/bin/docker "$@" 2>/run/failed'
ran = subprocess.run(["unshare", "--mount", "sh", "-c", command, "sh", *sys.argv[3:]], capture_output=True, text=True)
print(ran.returncode, ran.stdout.count("did: " + " ".join(sys.argv[3:])), open("/run/failed").read().count(told))
"""
OVERTAKEN = "rpc error: code = Unknown desc = update out of sequence"


@pytest.mark.parametrize(
    ("told", "times", "command", "comes_to"),
    [
        (OVERTAKEN, 2, ["service", "scale", "web=3", "name with blanks"], "0 3 0"),
        (OVERTAKEN, 1, ["stack", "deploy", "-c", "stack.yaml", "pier"], "0 2 0"),
        (OVERTAKEN, 1, ["stack", "deploy", "-c", "-", "pier"], "1 1 1"),  # its input is read
        (OVERTAKEN, 9, ["node", "update", "--role", "manager", "node-2"], "1 5 1"),
        (OVERTAKEN, 1, ["service", "create", "web"], "1 1 1"),
        ("the swarm does not have a leader", 1, ["service", "scale", "web=3"], "1 1 1"),
    ],
)
def test_an_update_that_the_swarm_has_overtaken_is_done_again(
    dock: Dock, told: str, times: int, command: list[str], comes_to: str
) -> None:
    assert dock.output("python3", "-c", FAILING, told, str(times), *command).strip() == comes_to

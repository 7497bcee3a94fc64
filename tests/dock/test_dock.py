"""What a dock holds back, what it lets through, and what it costs."""

from __future__ import annotations

import concurrent.futures
import secrets
import shlex
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
import requests

from graders.dock import Dock, Seed, Settings, Trouble, authority, images, networks
from graders.dock import dock as dock_module
from graders.dock.engine import connect as connect_engine
from graders.dock.engine import engine, engine_host
from graders.dock.networks import NETWORK
from graders.observe.network import ask, connect

pytestmark = pytest.mark.docker

IMAGE = "busybox:1.37"
RESOLVER_SECONDS = 5  # after which a name is asked for again that nobody answers (resolv.conf(5))
SOON_SECONDS = 5
START_CORE_SECONDS = 1.5  # three times what it costs, which other work on the machine hardly changes
IDLE_BYTES = 100 << 20
PADDING = 1 << 20


@pytest.fixture(scope="module")
def dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",))) as started:
        yield started


@pytest.fixture(scope="module")
def open_dock() -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox",), egress=True)) as started:
        yield started


@pytest.fixture
def outside(gateway_of: Callable[[str], str]) -> Iterator[tuple[str, int]]:
    """A listener on the address at which the outer engine's machine is in the docks' network."""
    gateway = gateway_of(NETWORK)
    with socket.create_server((gateway, 0)) as server:
        yield gateway, server.getsockname()[1]


@pytest.fixture
def another_network(monkeypatch) -> Iterator[str]:
    """A name for the docks' network that nobody has used, while the usual one has the first subnet."""
    name = f"drydock-test-{secrets.token_hex(4)}"
    monkeypatch.setattr(networks, "NETWORK", name)
    yield name
    for network in engine().api.networks(names=[name]):
        engine().api.remove_network(network["Id"])


def say_hello(address: str, context: ssl.SSLContext) -> bytes:
    """The first bytes that the dock's engine answers to a request."""
    host, _, port = address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        secured.sendall(b"GET /version HTTP/1.0\r\n\r\n")
        return secured.recv(64)


def trusting_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_dock_costs_little_until_it_answers():
    with Dock.start(Settings(images=("busybox",))) as started:
        used = engine().api.stats(started.id, stream=False)["cpu_stats"]["cpu_usage"]["total_usage"]

    assert 0 < used / 1e9 < START_CORE_SECONDS


def test_harnesses_that_start_at_once_make_one_network_beside_those_of_others(dock, another_network):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: networks.docks_network(), range(4)))
    found = engine().api.networks(names=[another_network])

    assert made == [another_network] * 4
    assert [network["IPAM"]["Config"][0]["Subnet"] for network in found] == [networks.SUBNETS[1]]


def test_the_engine_answers_whoever_has_its_certificate(dock):
    assert dock.engine.version()["Version"].startswith("26.1")


def test_the_engine_refuses_a_client_without_a_certificate(dock):
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        say_hello(dock.address(dock.api_port), trusting_context())


def test_the_engine_refuses_a_client_with_the_certificate_of_another_dock(dock):
    other = authority.ClientFiles(authority.make(engine_host()))
    context = trusting_context()
    context.load_cert_chain(*other.tls.cert)
    try:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            say_hello(dock.address(dock.api_port), context)
    finally:
        other.remove()


def test_the_harness_refuses_an_engine_with_the_certificate_of_another_dock(dock):
    other = authority.ClientFiles(authority.make(engine_host()))
    client = connect_engine(f"https://{dock.address(dock.api_port)}", other.tls)
    try:
        with pytest.raises((docker.errors.DockerException, requests.RequestException)):
            client.ping()
    finally:
        client.close()
        other.remove()


def test_a_dock_is_published_on_the_loopback_address_only(dock):
    published = engine().api.inspect_container(dock.id)["NetworkSettings"]["Ports"]

    assert {binding["HostIp"] for bindings in published.values() for binding in bindings or ()} == {"127.0.0.1"}


def test_a_dock_mounts_nothing_of_the_machine(dock):
    assert [mount for mount in engine().api.inspect_container(dock.id)["Mounts"] if mount["Type"] == "bind"] == []


def test_a_script_is_not_root(dock):
    assert dock.run("id", "-u").output.strip() == "1000"


def test_a_script_finds_the_programs_that_it_has_at_home(dock):
    programs = (
        "bash bc bzip2 column curl file git hexdump ifconfig jq killall netstat openssl ping sysctl unzip xxd xz zip"
    )

    assert dock.run("sh", "-c", f"for one in {programs}; do command -v $one >/dev/null || echo $one; done").output == ""


def test_a_script_may_open_its_own_streams(dock):
    script = (
        "cat /dev/stdin; echo two > /dev/stdout; echo three | tee /dev/stderr >/dev/null; echo four >/proc/self/fd/2"
    )

    assert dock.run("bash", "-c", script, stdin="one\n").output == "one\ntwo\nthree\nfour\n"


def test_a_script_has_no_capabilities_and_gains_none(dock):
    seen = dock.run("grep", "-E", "^(CapEff|CapPrm|CapAmb|NoNewPrivs)", "/proc/self/status").output.split()

    assert seen == ["CapPrm:", "0" * 16, "CapEff:", "0" * 16, "CapAmb:", "0" * 16, "NoNewPrivs:", "1"]


def test_the_image_has_no_file_that_changes_the_user(dock):
    found = b"".join(dock.stream(["find", "/", "-xdev", "-perm", "/6000", "-type", "f"]))

    assert found == b""


@pytest.mark.parametrize("path", ["server.key", "policy.json", "daemon.json"])
def test_a_script_cannot_read_what_the_harness_sent(dock, path):
    ran = dock.run("cat", f"/etc/drydock/{path}")

    assert ran.exit == 1
    assert "Permission denied" in ran.output


def test_a_script_cannot_talk_to_the_policy(dock):
    assert dock.run("curl", "-s", "--unix-socket", "/run/docker/plugins/labpolicy.sock", "http://p/").exit == 7


def docker_run(*options: str) -> str:
    return shlex.join(["docker", "run", "--rm", *options, IMAGE, "true"])


COMPOSE = f"""\
services:
  web:
    image: {IMAGE}
    command: sleep 60
    init: true
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs: [/tmp]
    volumes: ["./x:/x", "kept:/kept"]
    networks: [front]
volumes: {{kept: {{}}}}
networks: {{front: {{internal: true}}}}
"""
ALLOWED = {
    "a bind below work": f"mkdir -p x && {docker_run('-v', '/work/x:/x')}",
    "a relative bind": f"mkdir -p x && {docker_run('-v', './x:/x')}",
    "a bind as a mount": f"mkdir -p x && {docker_run('--mount', 'type=bind,source=/work/x,target=/x,readonly')}",
    "a named volume": docker_run("-v", "named:/x"),
    "an unnamed volume": docker_run("-v", "/x"),
    "a volume in memory": "docker volume create -o type=tmpfs -o device=tmpfs -o o=size=1m in-memory",
    "a tmpfs": docker_run("--tmpfs", "/x"),
    "no capabilities": docker_run("--cap-drop", "ALL"),
    "a read-only root": docker_run("--read-only"),
    "no new privileges": docker_run("--security-opt", "no-new-privileges"),
    "what holds anyway": docker_run("--security-opt", "seccomp=builtin", "--security-opt", "apparmor=docker-default"),
    "limits": docker_run("--memory", "64m", "--cpus", "0.5", "--pids-limit", "50"),
    "limits above the machine's": docker_run("--ulimit", "nofile=1048576", "--ulimit", "memlock=-1:-1"),
    "limits on a terminal": docker_run("-t", "--ulimit", "nofile=1048576"),
    "to be spared when memory is short": docker_run("--oom-score-adj", "-500"),
    "networks": f"docker network create --internal --subnet 172.30.0.0/24 n && {docker_run('--network', 'n')}",
    "compose": f"mkdir -p x && printf %s {shlex.quote(COMPOSE)} > compose.yaml && docker compose up -d"
    " && docker compose exec -T web true && docker compose down -v",
    "a build": f"mkdir -p b && printf 'FROM {IMAGE}\\nRUN echo built > /built\\n' > b/Dockerfile"
    f" && docker buildx build -t built b && docker run --rm built grep built /built",
    "an old build": f"mkdir -p b && printf 'FROM {IMAGE}\\nRUN true\\n' > b/Dockerfile"
    " && DOCKER_BUILDKIT=0 docker build -t old b",
    "exec, cp, logs and stats": f"docker run -d --name helper {IMAGE} sleep 60 && docker exec helper true"
    " && echo hello > hello && docker cp hello helper:/hello && docker cp helper:/hello back && cmp hello back"
    " && docker logs helper && docker stats --no-stream helper && docker rm -f helper",
}


@pytest.mark.parametrize("command", ALLOWED.values(), ids=ALLOWED)
def test_the_policy_allows_what_a_lab_needs(dock, command):
    ran = dock.run("bash", "-c", command)

    assert (ran.exit, ran.refusals) == (0, ()), ran.output


def from_a_container(dock: Dock, address: str, port: int) -> bool:
    return dock.run("docker", "run", "--rm", IMAGE, "nc", "-w", "2", address, str(port), "-e", "true").exit == 0


def from_a_script(dock: Dock, address: str, port: int) -> bool:
    return dock.run("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}").exit == 0


@pytest.mark.parametrize("reaches", [from_a_container, from_a_script])
def test_without_egress_nothing_outside_is_reached_that_is_with_it(dock, open_dock, outside, reaches):
    assert (reaches(open_dock, *outside), reaches(dock, *outside)) == (True, False)


@pytest.mark.parametrize("command", [("docker", "exec", "named", "wget", "-qO-"), ("curl", "-sS")])
def test_without_egress_an_unknown_name_fails_at_once(dock, command):
    dock.run("docker", "run", "-d", "--name", "named", IMAGE, "sleep", "60")
    try:
        ran = dock.run(*command, "http://no-such-name.example/")
    finally:
        dock.run("docker", "rm", "-f", "named")

    assert ran.exit != 0
    assert ran.seconds < RESOLVER_SECONDS, ran.output


def test_docks_do_not_reach_each_other(dock, open_dock, outside):
    itself, other, way_out = ask(
        open_dock,
        connect(None, open_dock.own_address, open_dock.api_port),
        connect(None, dock.own_address, dock.api_port),
        connect(None, *outside),
    )

    assert (itself.connected, way_out.connected) == (True, True)
    assert not other.connected


def test_the_engine_of_an_idle_dock_needs_little_memory():
    with Dock.start(Settings(images=("busybox",))) as idle:
        seen = engine().api.stats(idle.id, stream=False)["memory_stats"]["stats"]

    # Of all control groups, the older and the newer kind: without files, those in memory among them.
    assert seen.get("total_rss", seen.get("anon")) < IDLE_BYTES


def test_what_a_script_leaves_in_the_background_ends_with_it(dock):
    ran = dock.run("bash", "-c", "setsid sleep 4321 & nohup sleep 4321 & disown -a; exit 0")
    left = b"".join(dock.stream(["bash", "-c", "pgrep -fx 'sleep 4321' || true"]))

    assert (ran.exit, left) == (0, b"")


def test_a_script_that_does_not_end_is_ended_at_its_time_limit(dock):
    ran = dock.run("bash", "-c", "trap '' TERM INT HUP; while true; do :; done", seconds=1)

    assert ran.ended_by == "time"
    assert ran.seconds < SOON_SECONDS  # it would never end by itself


GREEDY = {
    "memory": "tail /dev/zero",
    "memory of a container": f"docker run --rm {IMAGE} sh -c 'x=a; while :; do x=$x$x; done'",
    "processes": "f() { f | f & }; f; sleep 1",
    "disk by a volume": f"docker run --rm -v full:/v {IMAGE} dd if=/dev/zero of=/v/big bs=1M",
    "disk by a writable layer": f"docker run {IMAGE} dd if=/dev/zero of=/big bs=1M",
    "disk by many files": f"docker run {IMAGE} sh -c 'mkdir /m; i=0; while echo > /m/$i; do i=$((i+1)); done'",
    "/work": "dd if=/dev/zero of=/work/big bs=1M",
}


@pytest.mark.parametrize("command", GREEDY.values(), ids=GREEDY)
def test_a_limit_holds_is_named_and_leaves_the_engine_working(command, request):
    settings = Settings(images=("busybox",), memory=640 << 20, disk=64 << 20, work=8 << 20, processes=600)
    with Dock.start(settings) as greedy:
        greedy.run("bash", "-c", command, seconds=20)

        assert request.node.callspec.id.split(" ")[0] in greedy.state().reached
        assert greedy.engine.version()["Version"]
        assert greedy.run("true").exit == 0


def test_a_dock_that_cannot_start_says_why_and_leaves_nothing(
    own_containers: Callable[[], list[str]], eventually: Callable[..., None]
):
    before = own_containers()
    with pytest.raises(Trouble) as failed:
        Dock.start(seed=Seed(str(images.find("busybox")), {}))

    assert failed.value.code == "dock_not_started"
    eventually(lambda: set(own_containers()) <= set(before))


def test_a_closed_dock_leaves_no_file_with_its_key(own_containers):
    dock = Dock.start(Settings(images=("busybox",)))
    name, folder = dock.container.get_wrapped_container().name, dock._files.folder
    dock.close(wait=True)

    assert not Path(folder).exists()
    assert f"/{name}" not in own_containers()


def test_a_dock_that_was_sent_half_of_its_files_does_not_start(monkeypatch):
    whole = dock_module.belongings
    monkeypatch.setattr(dock_module, "belongings", lambda *of: whole(*of)[: 2 << 10])

    with pytest.raises(Trouble) as failed:
        Dock.start(Settings(images=("busybox",)))

    assert failed.value.code == "dock_not_started"
    assert "cannot unpack what the harness sent" in failed.value.facts["log"]

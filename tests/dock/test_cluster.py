"""Docks that see each other: the Swarm they make, what becomes of it when one goes, and what is left."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ipaddress
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from docker.errors import APIError

from graders.dock import Dock, Settings, Trouble, cluster, watcher
from graders.dock.engine import engine
from graders.observe import mesh
from graders.observe.containers import find_container
from graders.observe.guests import OURS
from graders.observe.network import ask, connect, http
from graders.observe.swarm import Member, change_nodes, has_ipvs, members

pytestmark = pytest.mark.docker

START_SECONDS = 25  # ten times what it takes on two idle cores
NOTICED_SECONDS = 30  # in which a dead node is noticed and its tasks are elsewhere: 3 s on such a machine
SMALL = {"images": ("busybox",), "memory": 768 << 20, "disk": 256 << 20}
SERVE = "hostname > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"


@pytest.fixture(scope="module")
def first() -> Iterator[Dock]:
    """The first of three nodes, which manages the two others; an image of its own is in the registry."""
    with Dock.start(Settings(nodes=3, registry=True, ports=(8080,), **SMALL)) as started:
        started.run("docker", "tag", "busybox:1.37", "registry:5000/app:1")
        assert started.run("docker", "push", "registry:5000/app:1").exit == 0
        yield started


@pytest.fixture(scope="module")
def unjoined() -> Iterator[Dock]:
    with Dock.start(Settings(nodes=2, joined=False, **SMALL)) as started:
        yield started


@pytest.fixture(scope="module")
def service(first: Dock) -> Callable[[], list[str]]:
    """A service of three tasks on an overlay network; where they run, as names of nodes."""
    script = f"""docker network create --driver overlay --attachable inner
        docker service create --quiet --detach --restart-delay 100ms --name web --network inner \
            --endpoint-mode dnsrr --replicas 3 registry:5000/app:1 sh -c '{SERVE}'"""
    ran = first.run("bash", "-c", script)
    assert ran.exit == 0, ran.output

    def where() -> list[str]:
        names = {member.id: member.name for member in members(first)}
        return sorted(
            names[task["NodeID"]]
            for task in first.engine.api.tasks({"service": "web", "desired-state": "running"})
            if task["Status"]["State"] == "running"
        )

    return where


def own_networks() -> set[str]:
    label = f"{watcher.RUN_LABEL}={watcher.run_id()}"
    return {network["Name"] for network in engine().api.networks(filters={"label": label})}


def state(first: Dock, name: str) -> str:
    return next(member.state for member in members(first) if member.name == name)


def shape(found: tuple[Member, ...]) -> list[tuple[str, bool, bool, str]]:
    return [(member.name, member.manager, member.leader, member.state) for member in found]


def test_three_nodes_are_a_swarm_in_time(first):
    assert shape(members(first)) == [
        ("node-1", True, True, "ready"),
        ("node-2", False, False, "ready"),
        ("node-3", False, False, "ready"),
    ]
    assert first.started < START_SECONDS


def test_a_node_after_the_first_has_none_of_the_labs_images(first):
    assert [len(node.image_ids) for node in first.nodes] == [2, 0, 0]


def test_tasks_get_their_image_from_the_registry_and_run_on_every_node(first, service, eventually):
    eventually(lambda: service() == ["node-1", "node-2", "node-3"], NOTICED_SECONDS)


def test_a_container_reaches_those_of_other_nodes_by_the_name_of_their_service(first, service, eventually):
    eventually(lambda: len(service()) == 3, NOTICED_SECONDS)
    ask_all = "for address in $(nslookup web | grep -o '10[.]0[.][0-9.]*$'); do wget -qO- $address:8080; done"
    asking = ("docker", "run", "--rm", "--network", "inner", "busybox:1.37", "sh", "-c", ask_all)

    eventually(lambda: len(set(first.run(*asking).output.split())) == 3, NOTICED_SECONDS)


def test_the_students_client_knows_the_other_nodes_and_their_policy_holds(first):
    named = first.run("docker", "--context", "node-3", "info", "--format", "{{.Name}}")
    refused = first.run("docker", "--context", "node-3", "run", "--privileged", "busybox:1.37")

    assert named.output.strip() == "node-3"
    assert "labpolicy" in refused.output
    assert [refusal.asked for refusal in first.nodes[2].state().refusals] == ["Privileged=true"]


def test_a_service_may_not_mount_the_folders_of_a_node(first):
    mount = "type=bind,source=/etc,target=/mnt"
    ran = first.run("docker", "service", "create", "--detach", "--mount", mount, "registry:5000/app:1")

    assert [refusal.rule for refusal in ran.refusals] == ["host_path"]


def test_nodes_do_not_reach_the_machine_they_run_on(first):
    subnet = ipaddress.ip_network(engine().api.inspect_network(first.place.network)["IPAM"]["Config"][0]["Subnet"])
    gateway = str(next(subnet.hosts()))
    second = first.nodes[1].place.address
    with socket.create_server((gateway, 0)) as server:
        to_machine, to_node = ask(
            first, connect(None, gateway, server.getsockname()[1]), connect(None, second, first.api_port)
        )

    assert to_machine.error == "refused"
    assert to_node.connected


def test_a_killed_nodes_tasks_run_elsewhere_and_it_comes_back_with_its_images(first, service, eventually):
    eventually(lambda: len(service()) == 3, NOTICED_SECONDS)
    lost = first.nodes[2]

    lost.kill()

    assert [node.on for node in first.nodes] == [True, True, False]
    eventually(lambda: state(first, "node-3") == "down", NOTICED_SECONDS)
    eventually(lambda: service() in (["node-1", "node-1", "node-2"], ["node-1", "node-2", "node-2"]), NOTICED_SECONDS)

    lost.start_again()

    eventually(lambda: state(first, "node-3") == "ready", NOTICED_SECONDS)
    assert lost.on
    assert len(lost.engine.images.list()) == 1


def test_a_stopped_node_comes_back(first, eventually):
    first.nodes[1].stop()
    eventually(lambda: state(first, "node-2") == "down", NOTICED_SECONDS)

    first.nodes[1].start_again()

    eventually(lambda: state(first, "node-2") == "ready", NOTICED_SECONDS)


def test_nodes_are_changed_although_the_swarm_notes_something_else_of_one_meanwhile(first, monkeypatch):
    """Its version is another one then, and the change that names the old one is refused."""
    api = first.engine.api
    look, looks = api.nodes, []

    def overtaken():
        found = look()
        if not looks:
            node = found[0]
            api.update_node(node["ID"], node["Version"]["Index"], {**node["Spec"], "Labels": {"other": "yes"}})
        looks.append(found)
        return found

    monkeypatch.setattr(api, "nodes", overtaken)
    change_nodes(first, lambda node: {**node["Spec"], "Labels": {**node["Spec"]["Labels"], "ours": "yes"}}, 10)

    assert [node["Spec"]["Labels"].get("ours") for node in look()] == ["yes"] * 3
    assert [node["Spec"]["Labels"].get("other") for node in look()].count("yes") == 1
    assert len(looks) > 2
    change_nodes(first, lambda node: {**node["Spec"], "Labels": {}}, 10)


def test_a_change_of_nodes_that_never_comes_about_is_an_error_of_the_machine(first):
    with pytest.raises(RuntimeError, match="does not take"):
        change_nodes(first, lambda node: {**node["Spec"], "Role": "captain"}, 1)


def test_whether_the_kernel_has_ipvs_is_seen_as_the_engine_sees_it(first):
    (there,) = first.probe({"do": "ipvs", "family": "nlctrl", "rule": ["-m", "conntrack", "--ctstate", "NEW"]})
    (absent,) = first.probe({"do": "ipvs", "family": "nlctrl", "rule": ["-m", "no-such-match"]})

    assert there == {"ipvs": True}
    assert absent == {"ipvs": False}
    assert has_ipvs(first) == (first.run("test", "-e", "/proc/net/ip_vs").exit == 0)


def test_the_kernels_ipvs_is_seen_while_the_engine_makes_rules(first, eventually):
    """Who asks at that moment must wait: `not_assessable` would be said of a mesh that could be observed."""
    plain = {"do": "ipvs", "family": "nlctrl", "rule": ["-m", "conntrack", "--ctstate", "NEW"]}
    lock = "/run/xtables.lock"

    def held() -> bool:
        return first.output("sh", "-c", f"flock --nonblock {lock} true && echo free || echo held").strip() == "held"

    hold = "while [ ! -e /run/asked ]; do sleep 0.05; done; sleep 1"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        holder = pool.submit(first.output, "flock", lock, "sh", "-c", hold)
        eventually(held, NOTICED_SECONDS)
        first.output("touch", "/run/asked")
        (there,) = first.probe(plain)
        holder.result()

    assert there == {"ipvs": True}


def test_the_control_of_the_mesh_runs_from_our_own_image_at_a_port_that_is_free(first, eventually):
    def page() -> str:
        (raw,) = first.engine.api.containers(filters=OURS) or [None]
        (answer,) = (
            ask(first, http(find_container(first, raw["Id"]), f"http://127.0.0.1:{mesh.PORT}/")) if raw else [None]
        )
        return answer.body.strip() if answer else ""

    with mesh.control(first, "hello from the mesh") as port:
        assert 30000 <= port < 32768  # https://docs.docker.com/engine/swarm/ingress/
        eventually(lambda: page() == "hello from the mesh", NOTICED_SECONDS)


def test_a_service_of_our_own_shows_whether_the_mesh_carries_requests_and_goes(first, monkeypatch):
    there = has_ipvs(first)
    if not there:
        monkeypatch.setattr(mesh, "CONTROL_SECONDS", 5)
    before = {service.name for service in first.engine.services.list()}

    assert mesh.carries(first) == there
    assert {service.name for service in first.engine.services.list()} == before


def test_students_join_the_nodes_themselves_where_the_lab_wants_it(unjoined):
    script = """set -e
        docker swarm init > /dev/null
        docker --context node-2 swarm join --token $(docker swarm join-token --quiet worker) node-1:2377"""
    before = members(unjoined)
    ran = unjoined.run("bash", "-c", script)

    assert before == ()
    assert ran.exit == 0, ran.output
    assert [member.name for member in members(unjoined)] == ["node-1", "node-2"]


def test_without_their_leader_the_other_managers_elect_one(eventually):
    with Dock.start(Settings(nodes=3, managers=3, **SMALL)) as first:
        first.kill()

        def leader() -> list[str]:
            with contextlib.suppress(APIError):  # there is none yet
                return [member.name for member in members(first.nodes[1]) if member.leader and member.name != "node-1"]
            return []

        eventually(leader, 120)


def test_a_cluster_is_removed_with_its_first_dock(own_containers):
    with Dock.start(Settings(nodes=2, registry=True, **SMALL)) as first:
        network = first.place.network
        there = [container["Names"][0] for container in engine().api.containers(filters={"network": network})]
    first.close(wait=True)

    assert len(there) == 3
    assert set(own_containers()).isdisjoint(there)
    assert engine().api.networks(names=[network]) == []


def test_a_cluster_that_does_not_come_up_leaves_nothing(monkeypatch, own_containers):
    def fail(*_arguments: object) -> None:
        raise TimeoutError("no ready node")

    before = set(own_containers())
    networks = own_networks()
    monkeypatch.setattr(cluster, "form_swarm", fail)

    with pytest.raises(Trouble, match="no ready node"):
        Dock.start(Settings(nodes=2, **SMALL))

    assert set(own_containers()) <= before
    assert own_networks() <= networks


def test_a_killed_harness_leaves_no_network_behind(eventually):
    settings = "Settings(nodes=2, images=('busybox',))"
    code = f"from graders.dock import *; Dock.start({settings}); print('up', flush=True); input()"
    harness = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    owner = {"label": watcher.OWNER_LABEL}

    def mine(things: list[dict[str, object]]) -> list[dict[str, object]]:
        return [thing for thing in things if f"/{harness.pid}/" in thing["Labels"][watcher.OWNER_LABEL]]

    assert harness.stdout.readline() == b"up\n"
    assert len(mine(engine().api.networks(filters=owner))) == 1
    harness.kill()
    harness.communicate()

    eventually(lambda: not mine(engine().api.networks(filters=owner)), 30)
    assert mine(engine().api.containers(all=True, filters=owner)) == []

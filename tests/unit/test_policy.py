"""The dock's policy, asked as the engine asks it: one request, allowed or refused by a rule."""

import base64
import http.client
import importlib.util
import json
import socket
import threading
from pathlib import Path

import pytest

import graders.dock

RECIPE = Path(graders.dock.__file__).parent / "recipes" / "dock" / "policy.py"
SPECIFICATION = importlib.util.spec_from_file_location("drydock_policy", RECIPE)
policy = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(policy)

ALLOWED = ""
CREATE = "/v1.45/containers/create"


def ask(method, uri, body=None, *, lend=(), headers=None, raw=None, **more):
    """The rule by which the policy refuses a request, or ALLOWED."""
    data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    request = {
        "RequestMethod": method,
        "RequestUri": uri,
        "RequestBody": base64.b64encode(data).decode(),
        "RequestHeaders": {"Content-Length": str(len(data))} if headers is None else headers,
        **more,
    }
    try:
        policy.check(request, {"harness": "harness", "lend": list(lend)})
    except policy.Refused as refused:
        return refused.rule
    return ALLOWED


def create(**host_config):
    return ask("POST", CREATE, {"Image": "x", "HostConfig": host_config})


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("GET", "/_ping"),
        ("HEAD", "/_ping"),
        ("GET", "/v1.45/info"),
        ("GET", "/v1.45/containers/json?all=1"),
        ("GET", "/v1.24/containers/abc/logs?stdout=1"),
        ("GET", "/images/drydock/store:1/json"),
        ("GET", "/v1.45/images/drydock%2Fstore:1/json"),
        ("GET", "/v1.45/events"),
        ("POST", "/v1.45/containers/abc/start"),
        ("POST", "/v1.45/containers/abc/stop?t=1"),
        ("POST", "/v1.45/build?t=mine"),
        ("POST", "/v1.45/build?t=mine&remote=client-session"),
        ("POST", "/v1.45/images/create?fromImage=busybox"),
        ("POST", "/v1.45/networks/outer/connect"),
        ("POST", "/v1.45/networks/prune"),
        ("DELETE", "/v1.45/containers/abc?force=1"),
        ("DELETE", "/v1.45/networks/outer"),
        ("DELETE", "/v1.45/images/drydock/store:1"),
        ("PUT", "/v1.45/containers/abc/archive?path=/"),
    ],
)
def test_what_a_lab_needs_of_the_engine_is_allowed(method, uri):
    assert ask(method, uri) == ALLOWED


@pytest.mark.parametrize(
    "host_config",
    [
        {},
        {"Binds": ["/work:/app", "/work/site:/app:ro", "data:/data"]},
        {"Mounts": [{"Type": "volume", "Source": "data", "Target": "/data"}, {"Type": "tmpfs", "Target": "/tmp"}]},
        {"Mounts": [{"Type": "bind", "Source": "/work/x", "Target": "/x", "BindOptions": {"Propagation": "rprivate"}}]},
        {"NetworkMode": "outer", "IpcMode": "private", "PidMode": "container:abc", "CgroupnsMode": "private"},
        {"CapAdd": ["NET_ADMIN", "cap_net_raw"], "CapDrop": ["ALL"]},
        {"SecurityOpt": ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=false"]},
        {"SecurityOpt": ["seccomp=builtin", "apparmor=docker-default", "apparmor:docker-default"]},
        {"Sysctls": {"net.ipv4.ip_forward": "1"}},
        {"Runtime": "runc", "Memory": 1 << 26, "PidsLimit": 10, "PortBindings": {"80/tcp": [{"HostPort": "1"}]}},
        {"Privileged": False, "Devices": [], "MaskedPaths": None, "CgroupParent": ""},
    ],
)
def test_a_container_that_stays_in_its_place_is_allowed(host_config):
    assert create(**host_config) == ALLOWED


@pytest.mark.parametrize(
    ("rule", "host_config"),
    [
        ("host_path", {"Binds": ["/:/host"]}),
        ("host_path", {"Binds": ["/work/../etc:/host"]}),
        ("host_path", {"Binds": ["/workshop:/host"]}),
        ("host_path", {"Binds": ["/etc"]}),
        ("host_path", {"Binds": ["/work:/app:rw,rshared"]}),
        ("host_path", {"Binds": ["da/ta:/host"]}),
        ("host_path", {"Mounts": [{"Type": "bind", "Source": "/var/run/docker.sock", "Target": "/s"}]}),
        ("host_path", {"Mounts": [{"Type": "bind", "Source": "/work", "BindOptions": {"Propagation": "shared"}}]}),
        ("host_path", {"Mounts": [{"Type": "npipe", "Source": "x"}]}),
        ("host_path", {"Mounts": [{"Type": "cluster", "Source": "x"}]}),
        ("host_path", {"Mounts": [{"Type": "image", "Source": "x"}]}),
        ("host_path", {"Mounts": [{"Source": "/etc", "Target": "/host"}]}),
        ("volume_driver", {"Mounts": [{"Type": "volume", "VolumeOptions": {"DriverConfig": {"Name": "sshfs"}}}]}),
        (
            "volume_driver",
            {"Mounts": [{"Type": "volume", "VolumeOptions": {"DriverConfig": {"Options": {"o": "bind"}}}}]},
        ),
        ("volume_driver", {"VolumeDriver": "sshfs"}),
        ("host_namespace", {"NetworkMode": "host"}),
        ("host_namespace", {"PidMode": "host"}),
        ("host_namespace", {"IpcMode": "host"}),
        ("host_namespace", {"UTSMode": "host"}),
        ("host_namespace", {"UsernsMode": "host"}),
        ("host_namespace", {"CgroupnsMode": "host"}),
        ("capability", {"CapAdd": ["ALL"]}),
        ("capability", {"CapAdd": ["SYS_ADMIN"]}),
        ("capability", {"CapAdd": ["cap_sys_module"]}),
        ("security_option", {"SecurityOpt": ["seccomp=unconfined"]}),
        ("security_option", {"SecurityOpt": ["seccomp=builtin,unconfined"]}),
        ("security_option", {"SecurityOpt": ['seccomp={"defaultAction": "SCMP_ACT_ALLOW"}']}),
        ("security_option", {"SecurityOpt": ["apparmor=docker-default-2"]}),
        ("security_option", {"SecurityOpt": ["apparmor=unconfined"]}),
        ("security_option", {"SecurityOpt": ["label=disable"]}),
        ("security_option", {"Sysctls": {"kernel.shmmax": "1"}}),
        ("security_option", {"MaskedPaths": []}),
        ("security_option", {"ReadonlyPaths": []}),
        ("runtime", {"Runtime": "io.containerd.runc.v2"}),
        ("not_allowed", {"Privileged": True}),
        ("not_allowed", {"Devices": [{"PathOnHost": "/dev/sda"}]}),
        ("not_allowed", {"DeviceCgroupRules": ["c *:* rwm"]}),
        ("not_allowed", {"DeviceRequests": [{"Count": -1}]}),
        ("not_allowed", {"CgroupParent": "/"}),
        ("not_allowed", {"SomethingNew": 1}),
        ("not_allowed", {"binds": ["/:/host"]}),
    ],
)
def test_a_container_that_would_reach_out_is_refused(rule, host_config):
    assert create(**host_config) == rule


@pytest.mark.parametrize("prefix", ["", "/v1.24", "/v1.45", "/v9.99"])
def test_the_version_of_the_api_does_not_matter(prefix):
    body = {"HostConfig": {"Binds": ["/:/host"]}}

    assert ask("POST", f"{prefix}/containers/create?name=x", body) == "host_path"


@pytest.mark.parametrize(
    "uri",
    [
        "/v1.45/containers%2Fcreate",
        "/v1.45/%63ontainers/create",
        "/v1.45/containers/../containers/create",
        "/v1.45/containers/x/../create",
        "/v1.45/containers/./create",
        "/v1.45/containers/create/",
        "/v1.45//containers/create",
        "//containers/create",
        "/v1.45/v1.45/containers/create",
        "/v1.45/containers/create%00",
        "/v1.45/containers/%2e%2e/containers/create",
        "/containers/create#x",
        "http://engine/v1.45/containers/create",
        "/V1.45/containers/create",
    ],
)
def test_a_create_in_no_spelling_of_its_address_gets_past_the_policy(uri):
    assert ask("POST", uri, {"HostConfig": {"Binds": ["/:/host"]}}) != ALLOWED


@pytest.mark.parametrize(
    ("uri", "raw"),
    [
        (CREATE, b'{"hostconfig": {"Binds": ["/:/host"]}}'),
        (CREATE, b'{"HOSTCONFIG": {"Binds": ["/:/host"]}}'),
        (CREATE, '{"Ho\u017ftConfig": {"Binds": ["/:/host"]}}'.encode()),
        (CREATE, b'{"HostConfig": {}, "hostConfig": {"Binds": ["/:/host"]}}'),
        (CREATE, b'{"HostConfig": {"Binds": ["/:/host"]}, "HostConfig": {}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/work", "source": "/etc"}]}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "tmpfs", "type": "bind", "Source": "/etc"}]}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/work", "bindOptions": {}}]}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "volume", "volumeoptions": {"DriverConfig": {"Name": "x"}}}]}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "volume", "VolumeOptions": {"driverconfig": {"Name": "x"}}}]}}'),
        (CREATE, b'{"HostConfig": {"Mounts": [{"Type": "volume", "VolumeOptions": {"DriverConfig": {"name": "x"}}}]}}'),
        ("/volumes/create", b'{"driveropts": {"type": "none", "o": "bind", "device": "/etc"}}'),
        ("/volumes/create", b'{"driver": "sshfs"}'),
        ("/volumes/create", b'{"clustervolumespec": {"Group": "x"}}'),
        ("/networks/create", b'{"Name": "n", "driver": "macvlan"}'),
        ("/networks/create", b'{"Name": "n", "options": {"com.docker.network.bridge.name": "docker0"}}'),
        ("/containers/abc/exec", b'{"privileged": true, "Cmd": ["sh"]}'),
    ],
)
def test_a_key_that_only_the_engine_would_read_is_refused(uri, raw):
    # Go's encoding/json ignores case, and merges an object that stands twice: https://pkg.go.dev/encoding/json
    assert ask("POST", uri, raw=raw) == "body"


def test_labels_may_have_any_key():
    body = {"Image": "x", "Labels": {"driver": "1", "type": "2", "source": "3"}, "HostConfig": {}}

    assert ask("POST", CREATE, body) == ALLOWED


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (b"{}", {"Content-Length": str((1 << 20) + 1)}),
        (b"", {"Content-Length": "200"}),
        (b"{}", {"content-length": "200"}),
        (b" " * ((1 << 20) + 1) + b"{}", {}),
        (b"{", None),
        (b"[]", None),
        (b"{} {}", None),
        (b"\xff\xfe", None),
        (b'"x"', None),
    ],
)
def test_a_body_that_was_not_shown_whole_or_is_no_object_is_refused(raw, headers):
    assert ask("POST", CREATE, raw=raw, headers=headers) == "body"


def test_a_body_of_just_the_longest_length_is_read():
    start, end = b'{"Labels":{"a":"', b'"}}'
    raw = start + b"x" * (policy.LONGEST_BODY - len(start) - len(end)) + end

    assert ask("POST", CREATE, raw=raw) == ALLOWED


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        (ALLOWED, {"Name": "data"}),
        (ALLOWED, {"Name": "data", "Driver": "local"}),
        (ALLOWED, {}),
        (ALLOWED, {"Driver": "local", "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}),
        ("volume_driver", {"Driver": "sshfs"}),
        ("volume_driver", {"DriverOpts": {"type": "none", "o": "bind", "device": "/"}}),
        ("volume_driver", {"DriverOpts": {"type": "tmpfs", "o": "bind", "device": "/"}}),
        ("volume_driver", {"DriverOpts": {"type": "tmpfs", "o": "rbind", "device": "tmpfs"}}),
        ("volume_driver", {"DriverOpts": {"type": "nfs", "o": "addr=1.1.1.1", "device": ":/"}}),
        ("volume_driver", {"DriverOpts": {"size": "1G"}}),
        ("volume_driver", {"ClusterVolumeSpec": {"Group": "x"}}),
    ],
)
def test_a_volume_is_local_and_no_bind_in_disguise(rule, body):
    assert ask("POST", "/v1.45/volumes/create", body) == rule


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        (ALLOWED, {"Name": "outer"}),
        (ALLOWED, {"Name": "inner", "Driver": "bridge", "Internal": True}),
        (ALLOWED, {"Name": "o", "Driver": "overlay"}),
        ("network_driver", {"Name": "m", "Driver": "macvlan"}),
        ("network_driver", {"Name": "h", "Driver": "host"}),
        ("network_driver", {"Name": "d", "Options": {"com.docker.network.bridge.name": "docker0"}}),
    ],
)
def test_a_network_is_a_bridge_or_an_overlay_of_its_own(rule, body):
    assert ask("POST", "/v1.45/networks/create", body) == rule


@pytest.mark.parametrize(
    ("rule", "uri", "body"),
    [
        (ALLOWED, "/v1.45/containers/abc/exec", {"Cmd": ["sh"]}),
        ("privileged", "/v1.45/containers/abc/exec", {"Cmd": ["sh"], "Privileged": True}),
        ("host_path", "/v1.23/containers/abc/start", {"HostConfig": {"Binds": ["/:/host"]}}),
        (ALLOWED, "/v1.45/containers/abc/update", {"Memory": 1 << 26}),
    ],
)
def test_an_exec_or_a_start_lends_no_privilege(rule, uri, body):
    assert ask("POST", uri, body) == rule


@pytest.mark.parametrize(
    ("rule", "uri"),
    [
        ("build", "/v1.45/build?networkmode=host"),
        ("build", "/v1.45/build?networkmode=%68ost"),
        ("build", "/v1.45/build?remote=https://example.com/x.git"),
        ("not_allowed", "/v1.45/images/create?fromSrc=http://example.com/x.tar"),
    ],
)
def test_a_build_takes_no_network_of_the_host_and_no_address(rule, uri):
    assert ask("POST", uri) == rule


@pytest.mark.parametrize(
    "uri", ["/plugins/pull?remote=x", "/v1.45/plugins/x/enable", "/v1.45/plugins/create", "/%70lugins/x/enable"]
)
def test_plugins_cannot_be_managed(uri):
    assert ask("POST", uri) == "plugin"
    assert ask("DELETE", uri) == "plugin"


@pytest.mark.parametrize(
    "uri", ["/v1.45/swarm/init", "/v1.45/services/create", "/v1.45/nodes/x/update", "/v1.45/secrets/create"]
)
def test_a_swarm_is_only_for_a_lab_that_is_lent_one(uri):
    assert ask("POST", uri) == "not_allowed"
    assert ask("POST", uri, lend=["swarm"]) == ALLOWED


def service(**task):
    return {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "x"}, **task}}


@pytest.mark.parametrize("uri", ["/v1.45/services/create", "/v1.45/services/abc/update?version=1"])
@pytest.mark.parametrize(
    ("rule", "body"),
    [
        (ALLOWED, service(Resources={"Limits": {"MemoryBytes": 1}}, Runtime="container")),
        (ALLOWED, service(ContainerSpec={"Image": "x", "Mounts": [{"Type": "volume", "Source": "data"}]})),
        (ALLOWED, service(ContainerSpec={"Image": "x", "Configs": [{"ConfigID": "a"}], "CapabilityAdd": ["NET_RAW"]})),
        ("host_path", service(ContainerSpec={"Image": "x", "Mounts": [{"Type": "bind", "Source": "/etc"}]})),
        ("capability", service(ContainerSpec={"Image": "x", "CapabilityAdd": ["SYS_ADMIN"]})),
        ("security_option", service(ContainerSpec={"Image": "x", "Sysctls": {"kernel.shmmax": "1"}})),
        ("not_allowed", service(ContainerSpec={"Image": "x", "Privileges": {"Seccomp": {"Mode": "unconfined"}}})),
        ("not_allowed", service(ContainerSpec={"Image": "x", "mounts": [{"Type": "bind", "Source": "/etc"}]})),
        ("not_allowed", {"taskTemplate": {"ContainerSpec": {"Mounts": [{"Type": "bind", "Source": "/etc"}]}}}),
        ("host_namespace", service(Networks=[{"Target": "host"}])),
        ("host_namespace", {**service(), "Networks": [{"Target": "host"}]}),
        ("plugin", service(Runtime="plugin")),
        ("not_allowed", service(PluginSpec={"Remote": "evil"})),
        ("not_allowed", service(LogDriver={"Name": "syslog"})),
    ],
)
def test_a_service_may_ask_no_more_than_a_container(uri, rule, body):
    assert ask("POST", uri, body, lend=["swarm"]) == rule


def test_a_namespace_can_be_lent_alone():
    body = {"HostConfig": {"NetworkMode": "host"}}

    assert ask("POST", CREATE, body, lend=["network"]) == ALLOWED
    assert ask("POST", CREATE, body, lend=["pid"]) == "host_namespace"


@pytest.mark.parametrize(
    ("method", "uri"),
    [
        ("POST", "/v1.45/anything"),
        ("PUT", "/v1.45/containers/abc/start"),
        ("PATCH", "/v1.45/containers/json"),
        ("DELETE", "/v1.45/swarm"),
        ("OPTIONS", "/v1.45/info"),
        ("POST", "/debug/pprof"),
        ("GET", "/debug/pprof/"),
        ("GET", "/metrics"),
        ("POST", ""),
    ],
)
def test_what_is_not_listed_is_refused(method, uri):
    assert ask(method, uri) == "not_allowed"


def test_the_harness_is_not_asked():
    body = {"HostConfig": {"Privileged": True}}

    assert ask("POST", CREATE, body, UserAuthNMethod="TLS", User="harness") == ALLOWED


@pytest.mark.parametrize("more", [{"User": "harness"}, {"UserAuthNMethod": "TLS", "User": "other"}])
def test_nobody_else_is_taken_for_the_harness(more):
    body = {"HostConfig": {"Privileged": True}}

    assert ask("POST", CREATE, body, **more) == "not_allowed"


def test_a_request_that_cannot_be_judged_is_refused_and_kept(tmp_path):
    server = policy.Policy.__new__(policy.Policy)
    server.settings, server.refused = {"reasons": {"not_allowed": "No."}}, 0
    with open(tmp_path / "refusals", "w", buffering=1) as server.refusals:
        answer = server.decide({"RequestMethod": "GET"})

    assert answer["Allow"] is False
    assert answer["Msg"].startswith("No. (KeyError")
    assert json.loads((tmp_path / "refusals").read_text())["rule"] == "not_allowed"


def test_a_flood_of_refusals_is_counted_but_not_kept_for_ever(tmp_path):
    server = policy.Policy.__new__(policy.Policy)
    server.settings, server.refused = {}, 0
    with open(tmp_path / "refusals", "w", buffering=1) as server.refusals:
        for _ in range(policy.MOST_REFUSALS + 50):
            server.decide({"RequestMethod": "POST", "RequestUri": "/x"})

    assert len((tmp_path / "refusals").read_text().splitlines()) == policy.MOST_REFUSALS
    assert server.refused == policy.MOST_REFUSALS + 50


@pytest.fixture
def question(tmp_path, monkeypatch):
    """Ask the policy as the engine does, by HTTP and on one connection: path and data -> the answer."""
    monkeypatch.setattr(policy, "SETTINGS", str(tmp_path / "policy.json"))
    monkeypatch.setattr(policy, "REFUSALS", str(tmp_path / "refusals" / "all"))
    (tmp_path / "policy.json").write_text(json.dumps({"harness": "harness", "reasons": {"plugin": "No plugins."}}))
    ours, theirs = socket.socketpair()
    server = policy.Policy()
    serving = threading.Thread(target=server.converse, args=(theirs,))
    serving.start()
    connection = http.client.HTTPConnection("policy")
    connection.sock = ours

    def ask_policy(path, data, **headers):
        connection.request("POST", path, data, headers)
        return json.loads(connection.getresponse().read())

    yield ask_policy
    connection.close()
    serving.join()
    server.refusals.close()


def test_one_connection_takes_question_after_question(question):
    refused = {"RequestMethod": "POST", "RequestUri": "/v1.45/plugins/pull"}

    assert question("/Plugin.Activate", "") == {"Implements": ["authz"]}
    assert question("/AuthZPlugin.AuthZReq", json.dumps({**refused, "RequestUri": "/_ping"})) == {
        "Allow": False,
        "Msg": "not_allowed (POST /_ping)",
    }
    assert question("/AuthZPlugin.AuthZReq", json.dumps(refused))["Msg"].startswith("No plugins. (")
    assert question("/AuthZPlugin.AuthZReq", json.dumps({"RequestMethod": "GET", "RequestUri": "/_ping"})) == {
        "Allow": True
    }
    assert question("/AuthZPlugin.AuthZRes", "x" * (2 << 20)) == {"Allow": True}
    assert question("/AuthZPlugin.AuthZReq", json.dumps(refused))["Allow"] is False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("data", ["", "{", "[]"])
def test_a_question_that_is_none_is_not_answered_with_yes(question, data):
    try:
        answer = question("/AuthZPlugin.AuthZReq", data)
    except (http.client.HTTPException, ConnectionError):
        return  # the engine refuses what its plugin does not answer
    assert answer["Allow"] is False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_question_in_pieces_of_unknown_length_is_not_answered_with_yes(question):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        question("/AuthZPlugin.AuthZReq", iter([b'{"RequestMethod": "GET", "RequestUri": "/_ping"}']))

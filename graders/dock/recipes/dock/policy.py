"""The dock's policy: an authorization plugin that says what a submission may ask of the engine.

It lists what is allowed; everything else is refused. Whoever shows the harness's client certificate is not
asked. A refusal is told to the client (in the language of the lab) and kept in a file for the harness.

Protocol: https://docs.docker.com/engine/extend/plugins_authorization/
"""

import base64
import json
import os
import re
import select
import socket
import threading
import urllib.parse

SOCKET = "/run/docker/plugins/labpolicy.sock"
SETTINGS = "/etc/drydock/policy.json"
REFUSALS = "/run/drydock/refusals.jsonl"
MIRROR = "/usr/lib/drydock/mirror.py"
LONGEST_BODY = 1 << 20  # engines before 29.3.1 do not show a longer body to a plugin
MOST_REFUSALS = 200
LONGEST_LINE = 64 << 10  # bytes of a line of HTTP's

# Relative to a container's user namespace; what reaches beyond it (SYS_ADMIN, SYS_MODULE, ...) is not here.
CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE",
    "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_NICE", "SYS_PTRACE", "IPC_LOCK",
}  # fmt: skip

# What says what holds anyway: whoever hardens a container may spell it out.
SECURITY_OPTIONS = "no-new-privileges([:=](true|false))?|seccomp[:=]builtin|apparmor[:=]docker-default"

# What a container may ask without a further look. Names as in the Engine API, v1.45.
HARMLESS = {
    "AutoRemove", "BlkioWeight", "CapDrop", "ConsoleSize", "ContainerIDFile", "CpuCount", "CpuPercent", "CpuPeriod",
    "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpuShares", "CpusetCpus", "CpusetMems", "Dns",
    "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd", "Init", "IOMaximumBandwidth", "IOMaximumIOps", "Isolation",
    "KernelMemory", "KernelMemoryTCP", "Links", "Memory", "MemoryReservation", "MemorySwap",
    "MemorySwappiness", "NanoCpus", "OomKillDisable", "OomScoreAdj", "PidsLimit", "PortBindings", "PublishAllPorts",
    "ReadonlyRootfs", "RestartPolicy", "ShmSize", "Tmpfs", "Ulimits", "VolumesFrom", "Annotations", "StorageOpt",
}  # fmt: skip

# What a service of a Swarm may ask without a further look; names likewise.
SERVICE = {"Name", "Labels", "Mode", "UpdateConfig", "RollbackConfig", "EndpointSpec"}
TASK = {"Resources", "RestartPolicy", "Placement", "ForceUpdate"}
TASK_CONTAINER = {
    "Image", "Labels", "Command", "Args", "Hostname", "Env", "Dir", "User", "Groups", "TTY", "OpenStdin", "ReadOnly",
    "StopSignal", "StopGracePeriod", "Healthcheck", "Hosts", "DNSConfig", "Secrets", "Configs", "Isolation", "Init",
    "CapabilityDrop", "Ulimits",
}  # fmt: skip

READS = re.compile(
    r"/(_ping|version|info|events|system/df|auth|session|grpc|distribution/.+/json"
    r"|(containers|images|networks|volumes|exec|services|tasks|nodes|secrets|configs|swarm|plugins)(/.*)?)"
)
WRITES = re.compile(
    r"/(auth|commit|build|build/prune|build/cancel|session|grpc|images/(create|load|prune|.+/(push|tag))"
    r"|containers/prune|containers/[^/]+/(start|stop|restart|kill|pause|unpause|rename|resize|update|wait|attach|exec"
    r"|archive)|exec/[^/]+/(start|resize)|networks/prune|networks/[^/]+/(connect|disconnect)|volumes/prune)"
)
SWARM = re.compile(r"/(swarm|services|nodes|secrets|configs|tasks)(/.*)?")
CREATES = {"/containers/create", "/volumes/create", "/networks/create"}


class Refused(Exception):
    """A request that the policy does not allow: which rule, and what was asked."""

    def __init__(self, rule, asked):
        super().__init__(rule, asked)
        self.rule, self.asked = rule, asked


def unambiguous(pairs):
    """A JSON object whose keys stand once: of a key that stands twice, the engine may take another one than Python."""
    record = dict(pairs)
    if len(record) < len(pairs):
        raise Refused("body", "a key stands twice")
    return record


def spelled(record, *names):
    """The object, once its keys are spelled as here: the engine takes `hostconfig` for `HostConfig`."""
    exact = {name.casefold(): name for name in names}
    for key in record:
        if exact.get(key.casefold(), key) != key:
            raise Refused("body", f"the key {key}")
    return record


def inside_work(source):
    """Whether a path of the dock, links followed, is the student's own folder or below it."""
    real = os.path.realpath(source)
    return real == "/work" or real.startswith("/work/")


def check_source(source):
    """Refuse a folder of the dock that is not the student's own; the name of a volume is fine."""
    if source.startswith(("/", ".")):
        if not inside_work(source):
            raise Refused("host_path", source)
    elif not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", source):
        raise Refused("host_path", source)


def check_volume_options(driver, options):
    """Only the local driver, without options or as a tmpfs; `o=bind` would read any folder of the dock."""
    if driver not in ("", None, "local"):
        raise Refused("volume_driver", str(driver))
    for key, value in (options or {}).items():
        tmpfs = options.get("type") == "tmpfs" and options.get("device", "tmpfs") == "tmpfs"
        if not (tmpfs and key in ("type", "device", "o") and "bind" not in str(value)):
            raise Refused("volume_driver", f"{key}={value}")


def check_mount(mount):
    """One entry of HostConfig.Mounts."""
    spelled(mount, "Type", "Source", "BindOptions", "VolumeOptions")
    kind = mount.get("Type")
    if kind == "bind":
        check_source(str(mount.get("Source", "")))
        propagation = spelled(mount.get("BindOptions") or {}, "Propagation").get("Propagation", "")
        if propagation not in ("", "private", "rprivate"):
            raise Refused("host_path", f"propagation {propagation}")
    elif kind == "volume":
        volume = spelled(mount.get("VolumeOptions") or {}, "DriverConfig")
        config = spelled(volume.get("DriverConfig") or {}, "Name", "Options")
        check_volume_options(config.get("Name", ""), config.get("Options"))
    elif kind != "tmpfs":
        raise Refused("host_path", f"mount of type {kind}")


def check_namespace(flag, value, settings):
    """A namespace may be a container's, its own or another's, not the dock's."""
    value = str(value or "")
    if value.split(":")[0] == "host" and flag.strip("-") not in settings.get("lend", ()):
        raise Refused("host_namespace", f"{flag} {value}")


def check_host_config(config, settings):
    """Refuse what would reach out of the containers; sources: HostConfig of the Engine API."""
    for bind in config.get("Binds") or ():
        source, separator, rest = str(bind).partition(":")
        if not separator:
            raise Refused("host_path", str(bind))
        check_source(source)
        if set(rest.split(":")[-1].split(",")) & {"shared", "rshared", "slave", "rslave"}:
            raise Refused("host_path", str(bind))
    for mount in config.get("Mounts") or ():
        check_mount(mount)
    for flag, key in (("--network", "NetworkMode"), ("--ipc", "IpcMode"), ("--pid", "PidMode"), ("--uts", "UTSMode"),
                      ("--userns", "UsernsMode"), ("--cgroupns", "CgroupnsMode")):  # fmt: skip
        check_namespace(flag, config.get(key), settings)
    for capability in config.get("CapAdd") or ():
        if str(capability).upper().removeprefix("CAP_") not in CAPABILITIES:
            raise Refused("capability", f"--cap-add {capability}")
    for option in config.get("SecurityOpt") or ():
        if not re.fullmatch(SECURITY_OPTIONS, str(option)):
            raise Refused("security_option", f"--security-opt {str(option)[:80]}")
    for sysctl in config.get("Sysctls") or {}:
        if not str(sysctl).startswith("net."):
            raise Refused("security_option", f"--sysctl {sysctl}")
    for key in ("MaskedPaths", "ReadonlyPaths"):
        if config.get(key) is not None:
            raise Refused("security_option", "--security-opt systempaths")
    if config.get("Runtime") not in (None, "", "runc"):
        raise Refused("runtime", str(config["Runtime"]))
    # Other log drivers make the engine itself open files and connections.
    log = (config.get("LogConfig") or {}).get("Type", "")
    if log not in ("", "json-file", "local", "none"):
        raise Refused("not_allowed", f"--log-driver {log}")
    check_volume_options(config.get("VolumeDriver"), None)
    looked_at = {"Binds", "Mounts", "NetworkMode", "IpcMode", "PidMode", "UTSMode", "UsernsMode", "CgroupnsMode",
                 "CapAdd", "SecurityOpt", "Sysctls", "MaskedPaths", "ReadonlyPaths", "Runtime", "VolumeDriver",
                 "LogConfig"}  # fmt: skip
    for key, value in config.items():
        if key not in HARMLESS and key not in looked_at and value:
            raise Refused("not_allowed", f"{key}={json.dumps(value)[:80]}")


def only(record, harmless, where):
    """Refuse a key that is neither harmless nor, as the caller has seen, without a value."""
    for key, value in record.items():
        if key not in harmless and value:
            raise Refused("not_allowed", f"{where}.{key}={json.dumps(value)[:80]}")


def check_service(body, settings):
    """A service's containers may ask no more than others; its tasks are containers, and on no host network."""
    task = body.get("TaskTemplate") or {}
    container = task.get("ContainerSpec") or {}
    only(body, SERVICE | {"TaskTemplate", "Networks"}, "service")
    only(task, TASK | {"ContainerSpec", "Networks", "LogDriver", "Runtime"}, "task")
    only(container, TASK_CONTAINER | {"Mounts", "CapabilityAdd", "Sysctls", "Privileges"}, "container")
    if task.get("Runtime") not in (None, "", "container"):
        raise Refused("plugin", f"a service of kind {task['Runtime']}")
    for network in (*(body.get("Networks") or ()), *(task.get("Networks") or ())):
        only(network, {"Target", "Aliases"}, "network")
        check_namespace("--network", network.get("Target"), settings)
    check_host_config(
        {
            "Mounts": container.get("Mounts"),
            "CapAdd": container.get("CapabilityAdd"),
            "Sysctls": container.get("Sysctls"),
            "LogConfig": {"Type": (task.get("LogDriver") or {}).get("Name", "")},
        },
        settings,
    )
    # Of the privileges, all but giving some up.
    privileges = container.get("Privileges") or {}
    only(privileges, {"NoNewPrivileges"}, "privileges")


def body_of(request):
    """The request's JSON body; refuses one that the engine has not shown whole, and one that is not an object."""
    headers = {key.lower(): value for key, value in (request.get("RequestHeaders") or {}).items()}
    raw = base64.b64decode(request.get("RequestBody") or b"")
    length = int(headers.get("content-length", len(raw)) or 0)
    if length > LONGEST_BODY or len(raw) < length:
        raise Refused("body", f"{length} bytes")
    try:
        body = json.loads(raw or b"{}", object_pairs_hook=unambiguous)
    except ValueError:
        raise Refused("body", "not JSON") from None
    if not isinstance(body, dict):
        raise Refused("body", "not an object")
    return spelled(body, "HostConfig", "Driver", "DriverOpts", "ClusterVolumeSpec", "Options", "Privileged")


def check_json(method, path, request, settings):
    """Requests whose body decides."""
    if "swarm" in settings.get("lend", ()) and re.fullmatch(r"/services/(create|[^/]+/update)", path):
        check_service(body_of(request), settings)
        return True
    if path in CREATES:
        body = body_of(request)
        if path == "/containers/create":
            check_host_config(body.get("HostConfig") or {}, settings)
        elif path == "/volumes/create":
            if body.get("ClusterVolumeSpec"):
                raise Refused("volume_driver", "cluster volume")
            check_volume_options(body.get("Driver"), body.get("DriverOpts"))
        elif body.get("Driver") not in (None, "", "bridge", "overlay", "null"):
            raise Refused("network_driver", str(body.get("Driver")))
        elif (body.get("Options") or {}).get("com.docker.network.bridge.name", "") in ("docker0", "eth0", "lo"):
            raise Refused("network_driver", "com.docker.network.bridge.name")
        return True
    if method == "POST" and re.fullmatch(r"/containers/[^/]+/(exec|start|update)", path):
        body = body_of(request)
        if body.get("Privileged"):
            raise Refused("privileged", "exec --privileged")
        if body.get("HostConfig"):
            check_host_config(body["HostConfig"], settings)
        return True
    return False


def check(request, settings):
    """Raise Refused unless the request is one that a submission may make."""
    if request.get("UserAuthNMethod") == "TLS" and request.get("User") == settings.get("harness"):
        return
    method = request["RequestMethod"]
    address = urllib.parse.urlsplit(request["RequestUri"])
    path = re.sub(r"^/v\d+\.\d+(?=/)", "", urllib.parse.unquote(address.path))
    query = urllib.parse.parse_qs(address.query)
    if path != os.path.normpath(path) or "\x00" in path:
        raise Refused("not_allowed", f"{method} {path}")
    headers = {key.lower(): str(value).lower() for key, value in (request.get("RequestHeaders") or {}).items()}
    if "form" in headers.get("content-type", ""):
        # The engine takes parameters from a form, too; no client of Docker's sends one.
        raise Refused("body", headers["content-type"][:80])
    if path.startswith("/plugins") and method not in ("GET", "HEAD"):
        raise Refused("plugin", path)
    if path == "/build" and (
        query.get("networkmode", [""])[0] == "host" or query.get("remote", [""])[0] not in ("", "client-session")
    ):
        raise Refused("build", address.query[:120])
    if path == "/images/create" and query.get("fromSrc", ["-"])[0] not in ("-", ""):
        raise Refused("not_allowed", "import of an address")
    if method in ("GET", "HEAD") and READS.fullmatch(path):
        return
    if check_json(method, path, request, settings):
        return
    if method == "POST" and WRITES.fullmatch(path):
        return
    if method == "DELETE" and re.fullmatch(r"/(containers|networks|volumes)/[^/]+|/images/.+", path):
        return
    if method == "PUT" and re.fullmatch(r"/containers/[^/]+/archive", path):
        return
    if "swarm" in settings.get("lend", ()) and SWARM.fullmatch(path):
        return
    raise Refused("not_allowed", f"{method} {path}")


class Policy:
    """Answers the engine's questions at the plugin's socket, and keeps the refusals."""

    def __init__(self):
        with open(SETTINGS) as file:
            self.settings = json.load(file)
        os.makedirs(os.path.dirname(REFUSALS), exist_ok=True)
        self.refusals = open(REFUSALS, "a", buffering=1)  # noqa: SIM115 - open as long as the policy lives
        self.refused = 0

    def serve(self, listener):
        """Answer whoever comes, each connection on its own."""
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        """Answer one question after the other.

        Just as much of HTTP/1.1 (https://www.rfc-editor.org/rfc/rfc9112) as the engine speaks: Python's own server takes
        26 ms to be loaded, at each dock's start. Of what is not understood the connection ends, and the engine refuses.
        """
        with connection, connection.makefile("rb") as stream:
            while start := stream.readline(LONGEST_LINE):
                length = 0
                while (line := stream.readline(LONGEST_LINE)) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    if name.strip().lower() == b"content-length":
                        length = int(value)
                body = json.dumps(self.answer(start.split()[1], stream.read(length))).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall(head.encode() + body)

    def answer(self, path, data):
        if path == b"/Plugin.Activate":
            return {"Implements": ["authz"]}
        # What the engine is about to answer (AuthZPlugin.AuthZRes) is not looked at.
        return self.decide(json.loads(data)) if path == b"/AuthZPlugin.AuthZReq" else {"Allow": True}

    def decide(self, request):
        try:
            check(request, self.settings)
            return {"Allow": True}
        except Refused as refused:
            rule, asked = refused.rule, refused.asked
        except Exception as problem:  # noqa: BLE001 - what cannot be judged is not allowed
            rule, asked = "not_allowed", f"{type(problem).__name__}: {problem}"
        self.refused += 1
        if self.refused <= MOST_REFUSALS:
            self.refusals.write(json.dumps({"rule": rule, "asked": asked[:400]}) + "\n")
        reason = self.settings.get("reasons", {}).get(rule, rule)
        return {"Allow": False, "Msg": f"{reason} ({asked[:200]})"}


def start_mirror(host, port, images):
    """Start the mirror once somebody asks it for something, which few do."""
    with socket.create_server((host, port)) as listener:
        select.select([listener], [], [])
        command = ["python3", "-I", "-S", MIRROR, json.dumps(images)]
        os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, listener.fileno(), 0)])


def main():
    policy = Policy()
    if mirror := policy.settings.get("mirror"):
        threading.Thread(target=start_mirror, kwargs=mirror, daemon=True).start()
    os.makedirs(os.path.dirname(SOCKET), exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(SOCKET + ".new")
        listener.listen(128)
        os.rename(SOCKET + ".new", SOCKET)  # who finds it is answered
        policy.serve(listener)


if __name__ == "__main__":
    main()

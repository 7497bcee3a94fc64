"""Look at the network from inside containers: one JSON list of probes in, one list of answers out.

usage: probe.py PROBES, a list of objects:
  {"do": "resolve", "pid": 12, "name": "store"}                 -> addresses, source (hosts or dns)
  {"do": "http", "pid": 12, "url": "http://store:8080/"}        -> status, body, addresses, source
  {"do": "connect", "pid": 12, "address": "10.0.0.2", "port": 1} -> connected
  {"do": "network", "pid": 12}                                   -> listening, default_route, namespace
  {"do": "ipvs"}                                                 -> ipvs
`pid` is a process of the container in the dock's numbers; 0 stands for the dock itself. Each answer may hold
`error`: name, refused, unreachable, timeout, reset, or other; and `detail`.

Nothing that belongs to the container runs: names are looked up here, by the container's own hosts file and name
server, in its network namespace. All probes run side by side.
"""

import encodings.idna  # noqa: F401 - loaded before the root changes
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse

LONGEST_FILE = 65536
LONGEST_BODY = 65536
ERRORS = {ConnectionRefusedError: "refused", TimeoutError: "timeout", ConnectionResetError: "reset",
          BrokenPipeError: "reset"}  # fmt: skip


class NameUnknown(OSError):
    """The container's resolver has no address for a name."""


def read_text(path):
    """A bounded read of a file below the container's root that cannot block on a FIFO."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, LONGEST_FILE).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def ask_name_server(server, name, seconds):
    """The A records of a name, by one DNS query over UDP (RFC 1035); an empty list for a negative answer."""
    number = os.urandom(2)
    labels = b"".join(bytes([len(label)]) + label for label in name.encode("idna").split(b".") if label)
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as query:
        query.settimeout(seconds)
        query.connect((server, 53))
        query.send(number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01")
        answer = query.recv(4096)
    count = struct.unpack(">H", answer[6:8])[0]
    at, found = 12 + len(labels) + 5, []
    for _ in range(count):
        while at < len(answer) and answer[at] and answer[at] < 0xC0:
            at += answer[at] + 1
        at += 2 if answer[at] >= 0xC0 else 1
        kind, _, _, length = struct.unpack(">HHIH", answer[at : at + 10])
        if kind == 1:
            found.append(socket.inet_ntoa(answer[at + 10 : at + 14]))
        at += 10 + length
    return found


def resolve(name, seconds):
    """Addresses of a name and where they come from, as a program in the container would see it."""
    try:
        socket.inet_aton(name)
        return [name], "address"
    except OSError:
        pass
    for line in read_text("/etc/hosts").splitlines():
        fields = line.split("#")[0].split()
        if name in fields[1:] and ":" not in fields[0]:
            return [fields[0]], "hosts"
    problem = NameUnknown("no name server")
    servers, search = [], [""]
    for line in read_text("/etc/resolv.conf").splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[0] == "nameserver":
            servers.append(fields[1])
        elif len(fields) > 1 and fields[0] in ("search", "domain"):
            search += ["." + suffix for suffix in fields[1:7]]
    for server in servers[:3]:
        for suffix in search:
            try:
                found = ask_name_server(server, name + suffix, seconds / 3)
            except (OSError, struct.error, IndexError) as error:
                problem = NameUnknown(f"{server}: {error}")
                continue
            if found:
                return found, "dns"
            problem = NameUnknown(f"{server} knows no {name}")
    raise problem


def get(url, seconds):
    """One HTTP GET; the body is bounded."""
    parts = urllib.parse.urlsplit(url)
    addresses, source = resolve(parts.hostname, seconds)
    deadline = time.monotonic() + seconds
    try:
        with socket.create_connection((addresses[0], parts.port or 80), timeout=seconds) as connection:
            path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while len(data) < LONGEST_BODY and (left := deadline - time.monotonic()) > 0:
                connection.settimeout(left)
                more = connection.recv(16384)
                if not more:
                    break
                data += more
    except OSError as problem:
        return {"addresses": addresses, "source": source, **failure(problem)}
    head, _, body = data.partition(b"\r\n\r\n")
    first = head.split(b"\r\n")[0].split(b" ")
    if len(first) < 2 or not first[0].startswith(b"HTTP/") or not first[1].isdigit():
        return {"addresses": addresses, "source": source, "error": "other", "detail": "not an HTTP answer"}
    return {"addresses": addresses, "source": source, "status": int(first[1]), "body": body.decode(errors="replace")}


def connect(address, port, seconds):
    """Whether a TCP connection comes about."""
    with socket.create_connection((address, port), timeout=seconds):
        return {"connected": True}


def network(process):
    """What listens in a network namespace (TCP), and whether it has a default route."""
    listening, base = [], f"/proc/{process or 'self'}/net/"
    for table in ("tcp", "tcp6"):
        for line in read_text(base + table).splitlines()[1:]:
            fields = line.split()
            if len(fields) > 3 and fields[3] == "0A":
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address)[i : i + 4][::-1] for i in range(0, len(address) // 2, 4)]
                family = socket.AF_INET if table == "tcp" else socket.AF_INET6
                listening.append([socket.inet_ntop(family, b"".join(words)), int(port, 16)])
    routes = [line.split() for line in read_text(base + "route").splitlines()[1:]]
    return {
        "listening": [entry for entry in listening if entry[0] != "127.0.0.11"],  # Docker's own name server
        "default_route": any(fields[1] == "00000000" for fields in routes if len(fields) > 1),
        "namespace": os.stat(f"/proc/{process or 'self'}/ns/net").st_ino,
    }


def family_is_there(name):
    """Whether the kernel has a family of generic netlink; asking makes it load the module, where it has one.

    Source: include/uapi/linux/genetlink.h
    """
    controller, request, get_family, family_name, error = 16, 1, 3, 2, 2
    text = name.encode() + b"\0"
    attribute = struct.pack("HH", 4 + len(text), family_name) + text + bytes(-len(text) % 4)
    body = struct.pack("BBH", get_family, 1, 0) + attribute
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16) as kernel:
        kernel.settimeout(3)
        kernel.send(struct.pack("IHHII", 16 + len(body), controller, request, 1, 0) + body)
        answer = kernel.recv(65536)
    return struct.unpack("H", answer[4:6])[0] != error


def ipvs(family, rule):
    """Whether the kernel has what a Swarm's routing mesh and virtual addresses are made of.

    Tried as the engine would, in a network namespace that goes with this process.
    """
    os.unshare(os.CLONE_NEWNET)
    # The engine may be making rules at this moment; the lock is one for all namespaces.
    command = ["iptables", "--wait", "10", "-t", "nat", "-A", "POSTROUTING", *rule, "-j", "ACCEPT"]
    return family_is_there(family) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def failure(problem):
    if isinstance(problem, NameUnknown):
        return {"error": "name", "detail": str(problem)}
    kind = ERRORS.get(type(problem), "unreachable" if problem.errno in (101, 113, 1) else "other")
    return {"error": kind, "detail": os.strerror(problem.errno) if problem.errno else str(problem)}


def answer(probe):
    """Do one probe in this process, which then ends."""
    process, seconds = probe.get("pid", 0), probe.get("seconds", 3)
    try:
        if probe["do"] == "network":
            return network(process)
        if probe["do"] == "ipvs":
            return {"ipvs": ipvs(probe.get("family", "IPVS"), probe.get("rule", ["-m", "ipvs", "--ipvs"]))}
        if process:
            namespace = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
            root = os.open(f"/proc/{process}/root", os.O_RDONLY | os.O_DIRECTORY)
            os.setns(namespace, os.CLONE_NEWNET)
            os.fchdir(root)
            os.chroot(".")
        if probe["do"] == "resolve":
            addresses, source = resolve(probe["name"], seconds)
            return {"addresses": addresses, "source": source}
        if probe["do"] == "http":
            return get(probe["url"], seconds)
        return connect(probe["address"], probe["port"], seconds)
    except OSError as problem:
        return failure(problem)


def main():
    probes = json.loads(sys.argv[1])
    pipes, asking = [], []
    for probe in probes:
        read_end, write_end = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(read_end)
            with os.fdopen(write_end, "w") as pipe:
                json.dump(answer(probe), pipe)
            os._exit(0)
        os.close(write_end)
        pipes.append(read_end)
        asking.append(process)
    answers = [b""] * len(pipes)
    deadline = time.monotonic() + max((probe.get("seconds", 3) for probe in probes), default=0) * 2 + 1
    waiting = dict(zip(pipes, range(len(pipes)), strict=True))
    while waiting and (left := deadline - time.monotonic()) > 0:
        for ready in select.select(list(waiting), [], [], left)[0]:
            data = os.read(ready, 65536)
            answers[waiting[ready]] += data
            if not data:
                del waiting[ready]
    for process in asking:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    late = {"error": "timeout", "detail": "the probe did not end"}
    json.dump([json.loads(answer) if answer else late for answer in answers], sys.stdout)


main()

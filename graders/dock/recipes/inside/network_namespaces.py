"""Look at the network namespaces of processes, and answer with a JSON list, one object for each.

usage: network_namespaces.py PROCESSES, a JSON list of numbers of processes; 0 stands for the dock itself
  -> {"inode": 4026531840, "interfaces": {"eth0": ["172.17.0.2/16"]}, "gateways": ["172.17.0.1"],
      "listening": [["0.0.0.0", 8080]]}

`listening` (TCP) holds only what the process or its children listen on, not what others in the same namespace do. A
process that has ended answers with the inode 0.
"""

import json
import os
import re
import socket
import subprocess
import sys

SECONDS = 10


def ip(process, *arguments):
    """What `ip` says in a process's network namespace; it is the dock's own program, and so are its libraries."""
    enter = ["nsenter", f"--net=/proc/{process}/ns/net"] if process else []
    done = subprocess.run([*enter, "ip", "-json", *arguments], capture_output=True, timeout=SECONDS, check=False)
    return json.loads(done.stdout or "[]") if done.returncode == 0 else []


def family(first):
    """A process and all that descend from it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    found = {first}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def sockets(processes):
    """The inodes of the sockets that processes have open."""
    found = set()
    for process in processes:
        try:
            names = os.listdir(f"/proc/{process}/fd")
        except OSError:
            continue
        for name in names:
            try:
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{process}/fd/{name}"))
            except OSError:
                continue
            if match:
                found.add(match[1])
    return found


def listening(process):
    """Where a process or its children listen."""
    own, found = sockets(family(process)), []
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{process}/net/{table}") as file:
                lines = file.read(1 << 20).splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == "0A" and fields[9] in own:
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address)[at : at + 4][::-1] for at in range(0, len(address) // 2, 4)]
                kind = socket.AF_INET if table == "tcp" else socket.AF_INET6
                found.append([socket.inet_ntop(kind, b"".join(words)), int(port, 16)])
    return found


def look(process):
    try:
        inode = os.stat(f"/proc/{process or 'self'}/ns/net").st_ino
    except OSError:
        return {"inode": 0, "interfaces": {}, "gateways": [], "listening": []}
    interfaces = {
        link["ifname"]: [f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"] if one["family"] == "inet"]
        for link in ip(process, "address")
        # The kernel puts tunnels that nobody set up into every namespace where their modules are loaded.
        if link["ifname"] == "lo" or "UP" in link["flags"]
    }
    gateways = [
        route["gateway"] for route in ip(process, "-4", "route") if route["dst"] == "default" and "gateway" in route
    ]
    return {
        "inode": inode,
        "interfaces": interfaces,
        "gateways": gateways,
        "listening": listening(process) if process else [],
    }


json.dump([look(process) for process in json.loads(sys.argv[1])], sys.stdout)

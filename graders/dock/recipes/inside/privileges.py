"""Tell what rights the processes of containers have: one JSON answer, a list for each container.

usage: privileges.py PIDS, a JSON list of the containers' first processes in the dock's numbers.
For each the process and all that it started: pid, arguments, uids (real, effective, saved, of files; as the container
counts), capabilities (of the five sets together), no_new_privileges, seccomp (0 none, 1 strict, 2 filter); null for
what this kernel does not tell. Not what the engine runs in it beside: an exec, or a health check.

Fields: proc_pid_status(5), capabilities(7)
"""

import json
import os
import sys

MOST = 200
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return {key: value.split() for key, _, value in (line.partition(":") for line in file)}


def inside(uid, ranges):
    """A user as the container counts."""
    return next((first + uid - outer for first, outer, count in ranges if outer <= uid < outer + count), -1)


def number(status, key, base=10):
    return int(status[key][0], base) if status.get(key) else None


def look(pid):
    """What one process is and may; None where it has ended."""
    try:
        status = status_of(pid)
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read(2000).decode(errors="replace").split("\0")[:-1]
        with open(f"/proc/{pid}/uid_map") as file:
            ranges = [[int(field) for field in line.split()] for line in file]
    except OSError:
        return None
    sets = [number(status, key, 16) for key in SETS]
    return {
        "pid": pid,
        "parent": int(status["PPid"][0]),
        "arguments": arguments,
        "uids": [inside(int(uid), ranges) for uid in status["Uid"]],
        "capabilities": sets[0] | sets[1] | sets[2] | sets[3] | (sets[4] or 0),
        "no_new_privileges": number(status, "NoNewPrivs"),
        "seccomp": number(status, "Seccomp"),
    }


def main():
    found = {pid: seen for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if (seen := look(pid))}

    def belongs(pid, first):
        while pid in found and pid != first:
            pid = found[pid]["parent"]
        return pid == first

    answer = []
    for first in json.loads(sys.argv[1]):
        own = [seen for pid, seen in sorted(found.items()) if first in found and belongs(pid, first)]
        answer.append(own[:MOST])
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

"""What the student's part of the dock has used up, and what the policy refused: one JSON object."""

import json
import os
import sys

LAB_V1 = {"memory": "/sys/fs/cgroup/memory/lab", "pids": "/sys/fs/cgroup/pids/lab"}
LAB_V2 = "/sys/fs/cgroup/lab"
REFUSALS = "/run/drydock/refusals.jsonl"


def read(path):
    try:
        with open(path) as file:
            return file.read(65536)
    except OSError:
        return ""


def counter(path, key):
    for line in read(path).splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] == key:
            return int(fields[1])
    return 0


def full(path):
    """The used share of a file system, or of its inodes, whichever is larger: 0 to 1."""
    status = os.statvfs(path)
    blocks = 1 - status.f_bavail / status.f_blocks if status.f_blocks else 0
    inodes = 1 - status.f_favail / status.f_files if status.f_files else 0
    return round(max(blocks, inodes), 4)


def main():
    version_2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    # Only the lab's own limits: a container that came to its own limit did so because its maker set one.
    if version_2:
        killed = counter(LAB_V2 + "/memory.events.local", "oom")
        # Kernels before 6.11 count in each group its own, and have no second file.
        local = LAB_V2 + "/pids.events.local"
        forks = counter(local if os.path.exists(local) else LAB_V2 + "/pids.events", "max")
    else:
        killed = int(read(LAB_V1["memory"] + "/memory.failcnt") or 0)
        forks = counter(LAB_V1["pids"] + "/pids.events", "max")
    json.dump(
        {
            "cgroup": 2 if version_2 else 1,
            "killed_for_memory": killed,
            "refused_processes": forks,
            "disk": full("/data"),
            "work": full("/work"),
            "refusals": [json.loads(line) for line in read(REFUSALS).splitlines() if line.endswith("}")],
        },
        sys.stdout,
    )


main()

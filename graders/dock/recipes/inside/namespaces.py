"""Tell which namespaces processes are in, and what they see there: one JSON answer, a list.

usage: namespaces.py QUESTION, a JSON object:
  {"pids": [12, 345], "write": ["/", "/scratch"]}
`pids` are processes in the dock's numbers, 0 the dock's own. For each: namespaces (kind -> inode), hostname, numbers
(its process ID in the dock's and in each deeper PID namespace), writes (folder -> empty, or why its user cannot make a
file there, with the capabilities that it has); null for a process that has ended.

Nothing of a container's runs for it. A file that could be made is removed at once.
"""

import ctypes
import json
import os
import struct
import sys
import uuid

PR_SET_KEEPCAPS = 8
CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3, capget(2)
KINDS = ("net", "pid", "uts", "mnt", "ipc")


def in_child(work):
    """The JSON answer of a function in a process that then ends."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_end)
            with os.fdopen(write_end, "w") as pipe:
                json.dump(work(), pipe)
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        said = pipe.read(65536)
    os.waitpid(child, 0)
    return json.loads(said) if said else None


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return {key: value.split() for key, _, value in (line.partition(":") for line in file)}


def hostname(pid):
    os.setns(os.open(f"/proc/{pid}/ns/uts", os.O_RDONLY), os.CLONE_NEWUTS)
    return os.uname().nodename


def numbered(pid, kind, numbers):
    """IDs of users or groups as a process's user namespace counts them (user_namespaces(7)); unknown ones left out."""
    with open(f"/proc/{pid}/{kind}_map") as file:
        ranges = [[int(field) for field in line.split()] for line in file]
    return [inner + one - outer for one in numbers for inner, outer, many in ranges if outer <= one < outer + many]


def become(pid, status):
    """Take a process's root, user namespace, user, groups and capabilities: nothing is left that it has not."""
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_DIRECTORY)
    space = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    (user,) = numbered(pid, "uid", [int(status["Uid"][1])])
    (group,) = numbered(pid, "gid", [int(status["Gid"][1])])
    groups = numbered(pid, "gid", [int(one) for one in status.get("Groups", [])][:32])
    apart = os.fstat(space).st_ino != os.stat("/proc/self/ns/user").st_ino
    library = ctypes.CDLL(None, use_errno=True)
    os.fchdir(root)
    os.chroot(".")
    if apart:
        os.setns(space, os.CLONE_NEWUSER)
    library.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups(groups)
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    has = int(status["CapEff"][0], 16)
    low, high = has & 0xFFFFFFFF, has >> 32
    header, sets = struct.pack("Ii", CAPABILITY_VERSION, 0), struct.pack("6I", low, low, 0, high, high, 0)
    if library.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def writes(pid, status, folders):
    """Try to make a file in each folder, below the process's root, as its user and with its capabilities."""
    become(pid, status)
    answer = {}
    for folder in folders:
        path = os.path.join(folder, f"drydock-{uuid.uuid4().hex}")
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
            os.unlink(path)
            answer[folder] = ""
        except OSError as problem:
            answer[folder] = os.strerror(problem.errno)
    return answer


def look(pid, folders):
    try:
        status = status_of(pid or "self")
        return {
            "namespaces": {kind: os.stat(f"/proc/{pid or 'self'}/ns/{kind}").st_ino for kind in KINDS},
            "hostname": in_child(lambda: hostname(pid or "self")),
            "numbers": [int(number) for number in status["NSpid"]],
            "writes": in_child(lambda: writes(pid, status, folders)) if pid else {},
        }
    except OSError:
        return None


def main():
    question = json.loads(sys.argv[1])
    json.dump([look(pid, question.get("write", ())) for pid in question["pids"]], sys.stdout)


if __name__ == "__main__":
    main()

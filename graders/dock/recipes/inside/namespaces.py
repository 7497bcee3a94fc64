"""Tell which namespaces processes are in, and what they see there: one JSON answer, a list.

usage: namespaces.py QUESTION, a JSON object:
  {"pids": [12, 345], "write": ["/", "/scratch"]}
`pids` are processes in the dock's numbers, 0 the dock's own. For each: namespaces (kind -> inode), hostname, numbers
(its process ID in the dock's and in each deeper PID namespace), writes (folder -> empty, or why its user cannot make a
file there); null for a process that has ended.

Nothing of a container's runs for it. A file that could be made is removed at once.
"""

import json
import os
import sys
import uuid

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


def writes(pid, status, folders):
    """Try to make a file in each folder, below the process's root and as its user."""
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY | os.O_DIRECTORY)
    os.fchdir(root)
    os.chroot(".")
    user, group = int(status["Uid"][1]), int(status["Gid"][1])
    os.setgroups([int(one) for one in status.get("Groups", [])][:32])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
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

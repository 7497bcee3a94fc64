"""Look at the limits of a process's control groups as the kernel has them, set them, and press against them.

usage: cgroups.py QUESTION, a JSON object:
  {"do": "offers"}               -> memory, processes, cpu: whether the kernel can limit each
  {"do": "read", "pid": 12}      -> memory (bytes), processes, cpu (of one processor); null: no limit
  {"do": "read_dock"}            -> the same of the dock's own group
  {"do": "set", "pid": 12, "memory": 33554432, "processes": 90, "cpu": 0.25, "period": 50000 (microseconds)}
  {"do": "take", "pid": 12, "bytes": 100000000}  -> taken (bytes), signal (that ended the taker; 0: it took all)
  {"do": "fork", "pid": 12, "processes": 90}     -> forked, refused, there (processes in the group at the end)
To `take` and `fork` add "seconds", after which they are ended (8 where it is not said).
`pid` is a process of a container in the dock's numbers; 0 stands for the cgroup of the student's scripts, which has
no limit of its own but the dock's.

What takes and forks is this program, in the process's cgroup: nothing of the container's runs for it. All it started
has ended when it answers.

Files: https://docs.kernel.org/admin-guide/cgroup-v1/ and https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

import ctypes
import json
import mmap
import os
import select
import signal
import sys
import time

ROOT = "/sys/fs/cgroup"
SECONDS = 8
STEP = 1 << 20  # bytes that are taken at a time
NO_LIMIT = 1 << 60  # version 1 has a number near 2^63 for it
LOCK_ON_FAULT = 6  # MCL_FUTURE | MCL_ONFAULT of mlockall(2)
CONTROLLERS = {"memory": "memory", "processes": "pids", "cpu": "cpu"}


class Version1:
    """A hierarchy for each controller."""

    def __init__(self, root=ROOT):
        self.root = root

    def offers(self):
        files = {"memory": "memory.limit_in_bytes", "processes": "pids.max", "cpu": "cpu.cfs_quota_us"}
        # What the dock sees as a hierarchy's root is the dock's own group, which has all files of a group.
        places = {kind: os.path.join(self.root, CONTROLLERS[kind]) for kind in files}
        return {kind: os.path.exists(os.path.join(places[kind], name)) for kind, name in files.items()}

    def top(self, kind):
        return os.path.join(self.root, CONTROLLERS[kind])

    def scripts(self, kind):
        return os.path.join(self.top(kind), "lab")

    def place(self, kind, groups):
        """The folder of a process's group.

        Args:
            groups: the lines of its /proc/PID/cgroup (cgroups(7)).
        """
        for line in groups:
            _, controllers, path = line.split(":", 2)
            if CONTROLLERS[kind] in controllers.split(","):
                return os.path.join(self.root, CONTROLLERS[kind], path.lstrip("/"))
        raise OSError(f"no {kind} controller in {groups}")

    def read(self, places):
        memory = number(places["memory"], "memory.limit_in_bytes")
        quota = number(places["cpu"], "cpu.cfs_quota_us")
        period = number(places["cpu"], "cpu.cfs_period_us")
        return {
            "memory": None if memory is None or memory >= NO_LIMIT else memory,
            "processes": number(places["processes"], "pids.max"),
            "cpu": None if quota is None or quota < 0 or not period else quota / period,
        }

    def set(self, places, memory, processes, cpu, period):
        write(places["memory"], "memory.limit_in_bytes", memory)
        write(places["processes"], "pids.max", processes)
        # A new period with the old quota could be more than the groups above have, which the kernel refuses.
        write(places["cpu"], "cpu.cfs_quota_us", -1)
        write(places["cpu"], "cpu.cfs_period_us", period)
        write(places["cpu"], "cpu.cfs_quota_us", round(cpu * period))


class Version2:
    """One hierarchy."""

    def __init__(self, root=ROOT):
        self.root = root

    def offers(self):
        with open(os.path.join(self.root, "lab", "cgroup.subtree_control")) as file:
            there = file.read().split()
        return {kind: controller in there for kind, controller in CONTROLLERS.items()}

    def top(self, kind):
        return self.root

    def scripts(self, kind):
        return os.path.join(self.root, "lab", "scripts")

    def place(self, kind, groups):
        for line in groups:
            hierarchy, _, path = line.split(":", 2)
            if hierarchy == "0":
                return os.path.join(self.root, path.lstrip("/"))
        raise OSError(f"no cgroup of version 2 in {groups}")

    def read(self, places):
        quota, period, *_ = *text(places["cpu"], "cpu.max").split(), "max", "100000"
        return {
            "memory": number(places["memory"], "memory.max"),
            "processes": number(places["processes"], "pids.max"),
            "cpu": None if quota == "max" else int(quota) / int(period),
        }

    def set(self, places, memory, processes, cpu, period):
        write(places["memory"], "memory.max", memory)
        write(places["processes"], "pids.max", processes)
        write(places["cpu"], "cpu.max", f"{round(cpu * period)} {period}")


def text(folder, name):
    with open(os.path.join(folder, name)) as file:
        return file.read(4096).strip()


def number(folder, name):
    """The number in a file; None for `max`."""
    value = text(folder, name)
    return None if value == "max" else int(value)


def write(folder, name, value):
    with open(os.path.join(folder, name), "w") as file:
        file.write(str(value))


def version(root=ROOT):
    return Version2(root) if os.path.exists(os.path.join(root, "cgroup.controllers")) else Version1(root)


def places_of(cgroups, process):
    """The folder of each controller for a process; for 0 those of the student's scripts."""
    if not process:
        return {kind: cgroups.scripts(kind) for kind in CONTROLLERS}
    with open(f"/proc/{process}/cgroup") as file:
        groups = file.read().splitlines()
    return {kind: cgroups.place(kind, groups) for kind in CONTROLLERS}


def read_dock(cgroups):
    """The limits that a script in the dock finds below /sys/fs/cgroup."""
    try:
        return cgroups.read({kind: cgroups.top(kind) for kind in CONTROLLERS})
    except FileNotFoundError:  # the root of a machine's hierarchy has no limits, and no files for them
        return dict.fromkeys(CONTROLLERS)


def in_child(work, seconds):
    """Do work in a process of our own, which says what comes of it through a pipe.

    Returns:
        all that it said, and the signal that ended it.
    """
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(read_end)
            work(write_end)
            code = 0
        except OSError as problem:
            os.write(2, f"{problem}\n".encode())
        finally:
            os._exit(code)
    os.close(write_end)
    said, deadline = b"", time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and select.select([read_end], [], [], left)[0]:
        data = os.read(read_end, 65536)
        if not data:
            break
        said += data
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return said, 0
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status > 0:
        raise OSError(f"the process in the cgroup ended with {status}")
    return said, max(0, -status)


def take(place, amount, seconds=SECONDS):
    """Take memory in a group until it is all there or somebody ends us."""

    def work(out):
        write("/proc/self", "oom_score_adj", 1000)  # where the group has too much, it is us who must go
        ctypes.CDLL(None).mlockall(LOCK_ON_FAULT)  # what is mapped from now on cannot go to a swap
        write(place, "cgroup.procs", os.getpid())
        memory = mmap.mmap(-1, amount, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for at in range(0, amount, STEP):
            for page in range(at, min(at + STEP, amount), mmap.PAGESIZE):
                memory[page] = 1
            os.write(out, b".")

    said, ended = in_child(work, seconds)
    return {"taken": len(said) * STEP, "signal": ended}


def fork(place, most, seconds=SECONDS):
    """Start processes in a group until there are enough or the kernel refuses one."""

    def work(out):
        write(place, "cgroup.procs", os.getpid())
        wait_read, wait_write = os.pipe()
        started, refused = [], False
        for _ in range(most):
            try:
                child = os.fork()
            except BlockingIOError:
                refused = True
                break
            if child == 0:
                os.close(wait_write)
                os.read(wait_read, 1)  # until our parent closes its end, or ends
                os._exit(0)
            started.append(child)
        there = number(place, "pids.current")
        os.close(wait_write)
        for child in started:
            os.waitpid(child, 0)
        os.write(out, json.dumps({"forked": len(started), "refused": refused, "there": there}).encode())

    said, _ = in_child(work, seconds)
    return json.loads(said or b"{}")


def main():
    question = json.loads(sys.argv[1])
    cgroups = version()
    if question["do"] == "offers":
        answer = cgroups.offers()
    elif question["do"] == "read_dock":
        answer = read_dock(cgroups)
    else:
        places = places_of(cgroups, question["pid"])
        if question["do"] == "read":
            answer = cgroups.read(places)
        elif question["do"] == "set":
            cgroups.set(places, question["memory"], question["processes"], question["cpu"], question["period"])
            answer = cgroups.read(places)
        elif question["do"] == "take":
            answer = take(places["memory"], question["bytes"], question.get("seconds", SECONDS))
        else:
            answer = fork(places["processes"], question["processes"], question.get("seconds", SECONDS))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

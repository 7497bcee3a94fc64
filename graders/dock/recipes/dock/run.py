"""Run a command of the student's inside the dock, and answer with one JSON object on standard output.

usage: run.py SETTINGS, a JSON object: command (list), environment (object), seconds, output (bytes kept of each
end of the output), most_output (bytes after which the command is ended), stdin (text).

The command runs as `student`, in /work, in the cgroup `lab`, without capabilities. It ends at its time limit.
What it leaves running of its own processes ends with it.
"""

import ctypes
import glob
import json
import os
import resource
import selectors
import signal
import sys
import time

STUDENT = 1000
DOCKER_GROUP = "docker"
PR_SET_NO_NEW_PRIVS = 38
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # as users of Ubuntu have it
REFUSALS = "/run/drydock/refusals.jsonl"
DRAIN_SECONDS = 0.5  # how long output is still read after the command has ended


def docker_group():
    with open("/etc/group") as file:
        return next(int(line.split(":")[2]) for line in file if line.startswith(DOCKER_GROUP + ":"))


def enter_lab_cgroup():
    for tasks in glob.glob("/sys/fs/cgroup/*/lab/cgroup.procs") + glob.glob("/sys/fs/cgroup/lab/scripts/cgroup.procs"):
        with open(tasks, "w") as file:
            file.write(str(os.getpid()))


def become_student():
    os.setsid()
    os.setgroups([docker_group(), STUDENT])
    os.setresgid(STUDENT, STUDENT, STUDENT)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setresuid(STUDENT, STUDENT, STUDENT)
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def end_all_of_student():
    """Kill every process of the student's user, which only that user's own kill(-1) does without a race."""
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(STUDENT, STUDENT, STUDENT)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


class Kept:
    """The first and the last bytes of a stream."""

    def __init__(self, limit):
        self.limit, self.head, self.tail, self.total = limit, bytearray(), bytearray(), 0

    def add(self, data):
        self.total += len(data)
        room = self.limit - len(self.head)
        self.head += data[:room]
        self.tail += data[max(room, 0) :]
        del self.tail[: -self.limit]

    def text(self):
        cut = self.total - len(self.head) - len(self.tail)
        middle = f"\n[... {cut} bytes left out ...]\n".encode() if cut else b""
        return (bytes(self.head) + middle + bytes(self.tail)).decode(errors="replace")


def start(settings, output, given):
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(given, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, 256)
        enter_lab_cgroup()
        for stream in (0, 1):  # 2 is the same pipe as 1
            os.fchown(stream, STUDENT, STUDENT)  # /dev/stdin, /dev/stdout and /dev/stderr are opened by who may do so
        become_student()
        os.chdir("/work")
        environment = {"PATH": PATH, "HOME": "/home/student", "USER": "student", "LANG": "C.UTF-8", "TERM": "dumb"}
        environment.update(settings.get("environment", {}))
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvpe(settings["command"][0], settings["command"], environment)
    except OSError as problem:
        os.write(2, f"{settings['command'][0]}: {problem.strerror}\n".encode())
    finally:
        os._exit(127)


def refusals():
    """What the policy has refused so far."""
    with open(REFUSALS) as file:
        return [json.loads(line) for line in file if line.endswith("}\n")]


def main():
    settings = json.loads(sys.argv[1])
    end_all_of_student()
    already = len(refusals())
    read_end, write_end = os.pipe()
    given_read, given_write = os.pipe()
    os.set_blocking(given_write, False)
    os.write(given_write, settings.get("stdin", "").encode()[:65536])
    began = time.monotonic()
    deadline = began + settings["seconds"]
    child = start(settings, write_end, given_read)
    for descriptor in (write_end, given_read, given_write):
        os.close(descriptor)
    kept, status, why = Kept(settings.get("output", 32768)), None, ""
    ended = os.pidfd_open(child)
    selector = selectors.DefaultSelector()
    selector.register(read_end, selectors.EVENT_READ)
    selector.register(ended, selectors.EVENT_READ)
    while True:
        left = deadline - time.monotonic()
        ready = {key.fd for key, _ in selector.select(max(left, 0))}
        if read_end in ready:
            data = os.read(read_end, 65536)
            kept.add(data)
            if not data:
                selector.unregister(read_end)
        if ended in ready and status is None:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            selector.unregister(ended)
            seconds = time.monotonic() - began
            deadline = time.monotonic() + DRAIN_SECONDS
        if not selector.get_map():
            break
        if status is None and kept.total > settings.get("most_output", 16 << 20):
            why = "output"
            break
        if time.monotonic() >= deadline:
            why = "" if status is not None else "time"
            break
    end_all_of_student()
    if status is None:
        os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        seconds = time.monotonic() - began
    answer = {"exit": status, "seconds": round(seconds, 3), "ended_by": why, "output": kept.text()}
    json.dump({**answer, "refusals": refusals()[already:]}, sys.stdout)


main()

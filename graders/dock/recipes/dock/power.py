"""Switch this node off and on, and look whether it is on: one word (JSON) as the argument, one JSON object as the answer.

usage: power.py stop | kill | start | look

Off is what a machine without power is: no process is left but the dock's first one (entry.sh) and those that serve the
harness, and nothing is mounted or open that was. What is on its disk stays.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sys
import time

OFF = "/run/drydock/off"
DARK = "/run/drydock/dark"  # entry.sh has seen that it is off
POWER = "/run/drydock/power"  # entry.sh waits for a line here
ENGINE = "/run/docker.pid"
OURS = b"/usr/lib/drydock/attend.py"  # in the command line of those that serve the harness
STOP_SECONDS = 15  # for the containers to end; what has not ended then loses its power
END_SECONDS = 10
VOLATILE = ("/run/docker", "/run/containerd")
MNT_DETACH = 2


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(65536)
    except OSError:
        return b""


def alive(process):
    """Whether it runs: neither gone nor a zombie."""
    fields = read(f"/proc/{process}/stat").rpartition(b")")[2].split()
    return bool(fields) and fields[0] not in (b"Z", b"X")


def others():
    """Everything that runs but for the first process and those that serve the harness, who are root."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in (1, os.getpid()) or not alive(name):
            continue
        try:
            root = os.stat(f"/proc/{name}").st_uid == 0
        except OSError:
            continue
        if not (root and OURS in read(f"/proc/{name}/cmdline")):
            found.append(int(name))
    return found


def wait(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)  # between two tries of the condition
    return True


def stop_engine():
    process = int(read(ENGINE) or 0)
    if process:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        wait(lambda: not alive(process), STOP_SECONDS)


def kill_all():
    for process in others():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return not others()


def unmount_all():
    """Unmount what the engine mounted; the namespaces that were held so end with it."""
    umount = ctypes.CDLL(None, use_errno=True).umount2
    places = [line.split()[1] for line in read_mounts()]
    for place in reversed(places):
        if place.startswith(("/data/", *(folder + "/" for folder in VOLATILE))):
            umount(place.encode(), MNT_DETACH)


def read_mounts():
    with open("/proc/self/mounts") as file:
        return file.read().splitlines()


def off(kind):
    if os.path.exists(OFF):
        return
    open(OFF, "w").close()
    if kind == "stop":
        stop_engine()
    if not wait(kill_all, END_SECONDS):
        sys.exit(f"processes that do not end within {END_SECONDS} s: {others()}")
    if not wait(lambda: os.path.exists(DARK), END_SECONDS):
        sys.exit(f"the first process has not seen within {END_SECONDS} s that the engine ended")
    unmount_all()
    for folder in VOLATILE:
        shutil.rmtree(folder, ignore_errors=True)


def on():
    if os.path.exists(OFF):
        os.remove(DARK)
        os.remove(OFF)
        with open(POWER, "w") as file:
            file.write("on\n")


def main():
    do = json.loads(sys.argv[1])
    if do in ("stop", "kill"):
        off(do)
    elif do == "start":
        on()
    json.dump({"on": not os.path.exists(OFF)}, sys.stdout)


main()

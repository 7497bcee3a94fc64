"""Watch the arguments of the student's programs, and tell which of them hold a secret.

usage: argv.py SECRETS STOP SECONDS
  SECRETS  a JSON list of strings
  STOP     a file; watching ends when it appears
Prints `ready`, and at the end a JSON object: complete (whether no program can have been missed) and seen (a list of
arguments).

Every program that is linked dynamically opens the loader's cache before anything else. That is held up (fanotify)
until its arguments have been read, so none is too short-lived to be seen. Where the kernel does not offer that,
/proc is read again and again.
"""

import ctypes
import json
import os
import select
import struct
import sys
import time

STUDENT = 1000
FAN_CLOEXEC, FAN_CLASS_CONTENT, FAN_MARK_ADD, FAN_OPEN_PERM, FAN_ALLOW = 1, 4, 1, 0x10000, 1
AT_FDCWD = -100
EVENT = struct.Struct("=IBBHQii")  # struct fanotify_event_metadata
MOST = 20
LONGEST = 65536


class Seen:
    """The arguments with a secret in them, each once."""

    def __init__(self, secrets):
        self.secrets, self.found = [secret.encode() for secret in secrets], []

    def look(self, process):
        try:
            if os.stat(f"/proc/{process}").st_uid != STUDENT:
                return
            with open(f"/proc/{process}/cmdline", "rb") as file:
                line = file.read(LONGEST)
        except OSError:
            return
        if any(secret in line for secret in self.secrets) and line not in self.found and len(self.found) < MOST:
            self.found.append(line)


def fanotify():
    """A descriptor whose events hold up every program at its start; None where the kernel has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p]
    descriptor = libc.fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, os.O_RDONLY | os.O_CLOEXEC)
    if descriptor < 0:
        return None
    if libc.fanotify_mark(descriptor, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, b"/etc/ld.so.cache"):
        os.close(descriptor)
        return None
    return descriptor


def take(descriptor, seen):
    data, at = os.read(descriptor, 8192), 0
    while at < len(data):
        length, _, _, _, _, opened, process = EVENT.unpack_from(data, at)
        try:
            seen.look(process)
        finally:
            os.write(descriptor, struct.pack("=iI", opened, FAN_ALLOW))
            os.close(opened)
        at += length


def main():
    seen, stop, deadline = Seen(json.loads(sys.argv[1])), sys.argv[2], time.monotonic() + float(sys.argv[3])
    descriptor = fanotify()
    print("ready", flush=True)
    while not os.path.exists(stop) and time.monotonic() < deadline:
        if descriptor is not None:
            if select.select([descriptor], [], [], 0.02)[0]:
                take(descriptor, seen)
            continue
        for process in filter(str.isdigit, os.listdir("/proc")):
            seen.look(process)
        time.sleep(0.002)  # between two looks
    found = [[part.decode(errors="replace") for part in line.split(b"\0")] for line in seen.found]
    json.dump({"complete": descriptor is not None, "seen": found}, sys.stdout)


main()

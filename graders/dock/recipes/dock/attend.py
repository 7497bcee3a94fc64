"""Run programs on request, each in a process of its own, without starting Python anew for each.

One JSON object a line on standard input, one of
{"id": 1, "most": BYTES, "program": "probe.py", "arguments": [...]}: a program beside this one,
{"id": 1, "most": BYTES, "source": "...", "arguments": [...]}: a program in Python, as its text,
{"id": 1, "most": BYTES, "command": ["touch", "/x"]}: any other.
One a line on standard output, in the order in which they end: {"id": 1, "exit": 0, "out": "...", "err": "..."}. What
says more than so many bytes is ended. It ends when standard input does.
"""

import ctypes
import encodings.idna  # noqa: F401 - loaded once, for the programs
import glob  # noqa: F401
import json
import os
import resource  # noqa: F401
import selectors
import signal
import socket  # noqa: F401
import struct  # noqa: F401
import subprocess  # noqa: F401
import sys
import time  # noqa: F401
import traceback
import urllib.parse  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("probe.py", "run.py", "state.py", "power.py", "ready.py", "enter.py")
LONGEST_ERROR = 2000  # bytes that are kept of what a program says of its trouble
PR_SET_CHILD_SUBREAPER = 36


def load(name):
    with open(os.path.join(HERE, name)) as file:
        return compile(file.read(), name, "exec")


class Running:
    """A program that runs: its process, and what it has said."""

    def __init__(self, request, process, out, err):
        self.number, self.most, self.process = request["id"], request["most"], process
        self.said = {out: bytearray(), err: bytearray()}
        self.out, self.err = out, err
        self.open = {out, err}
        self.too_long = False

    def take(self, end, data):
        said = self.said[end]
        said += data
        if end == self.err:
            del said[:-LONGEST_ERROR]
        elif len(said) > self.most and not self.too_long:
            self.too_long = True
            os.kill(self.process, signal.SIGKILL)
        if self.too_long:
            del said[self.most :]

    def answer(self, ended):
        if self.process not in ended:
            ended[self.process] = os.waitpid(self.process, 0)[1]
        code = os.waitstatus_to_exitcode(ended.pop(self.process))
        out, err = (bytes(self.said[end]).decode(errors="replace") for end in (self.out, self.err))
        if self.too_long:
            code, out, err = 1, "", f"it said more than {self.most} bytes"
        return {"id": self.number, "exit": code, "out": out, "err": err}


def start(codes, request):
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    process = os.fork()
    if process:
        os.close(out_write)
        os.close(err_write)
        return Running(request, process, out_read, err_read)
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (out_write, 1), (err_write, 2)):
            os.dup2(old, new)
        os.closerange(3, 1024)  # the pipes of others
        if "command" in request:
            os.execvp(request["command"][0], request["command"])
        sys.argv = [request.get("program", "-c"), *request["arguments"]]
        code = codes[request["program"]] if "program" in request else compile(request["source"], "<source>", "exec")
        exec(code, {"__name__": "__main__"})  # the harness's own, always
        sys.stdout.flush()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001 - whatever it is, the harness is to hear of it
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def reap(ended, wanted):
    """Take the end of every process whose parent is this one: of programs, which is kept, and of orphans, which the
    dock's first process, the engine, would leave as zombies until no further process can be started."""
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            return
        if process in wanted:
            ended[process] = status


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    ended, wanted = {}, set()
    codes = {name: load(name) for name in PROGRAMS}
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ, None)
    waiting = b""
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, 65536)
            running = key.data
            if running is None:
                if not data:
                    return
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    running = start(codes, json.loads(line))
                    wanted.add(running.process)
                    for end in running.open:
                        selector.register(end, selectors.EVENT_READ, running)
                continue
            if data:
                running.take(key.fd, data)
                continue
            selector.unregister(key.fd)
            os.close(key.fd)
            running.open.discard(key.fd)
            if not running.open:
                line = json.dumps(running.answer(ended)).encode() + b"\n"
                wanted.discard(running.process)
                while line:
                    line = line[os.write(1, line) :]
        reap(ended, wanted)


main()

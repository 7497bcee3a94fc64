"""Run the programs beside this one on request, each in a process of its own, without starting Python anew for each.

One JSON object a line on standard input: {"id": 1, "program": "probe.py", "question": "..."}; the question is the
program's argument, none where it is null. One a line on standard output, in the order in which they end:
{"id": 1, "exit": 0, "out": "...", "err": "..."}. It ends when standard input does.
"""

import ctypes
import encodings.idna  # noqa: F401 - loaded once, for the programs
import glob  # noqa: F401
import json
import os
import resource  # noqa: F401
import selectors
import signal  # noqa: F401
import socket  # noqa: F401
import struct  # noqa: F401
import sys
import traceback
import urllib.parse  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("probe.py", "run.py", "state.py", "power.py")
LONGEST = 8 << 20  # bytes of what a program says
PR_SET_CHILD_SUBREAPER = 36


def load(name):
    with open(os.path.join(HERE, name)) as file:
        return compile(file.read(), name, "exec")


class Running:
    """A program that runs: its process, and what it has said."""

    def __init__(self, number, process, out, err):
        self.number, self.process = number, process
        self.said = {out: bytearray(), err: bytearray()}
        self.out, self.err = out, err
        self.open = {out, err}

    def answer(self, ended):
        if self.process not in ended:
            ended[self.process] = os.waitpid(self.process, 0)[1]
        code = os.waitstatus_to_exitcode(ended.pop(self.process))
        out, err = (bytes(self.said[end]).decode(errors="replace") for end in (self.out, self.err))
        return {"id": self.number, "exit": code, "out": out, "err": err[-2000:]}


def start(codes, request):
    out_read, out_write = os.pipe()
    err_read, err_write = os.pipe()
    process = os.fork()
    if process:
        os.close(out_write)
        os.close(err_write)
        return Running(request["id"], process, out_read, err_read)
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (out_write, 1), (err_write, 2)):
            os.dup2(old, new)
        os.closerange(3, 1024)  # the pipes of others
        question = request["question"]
        sys.argv = [request["program"]] + ([] if question is None else [question])
        exec(codes[request["program"]], {"__name__": "__main__"})  # one of the files beside this one
        sys.stdout.flush()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001 - whatever it is, the harness is to hear of it
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


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
                said = running.said[key.fd]
                said += data[: max(0, LONGEST - len(said))]
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

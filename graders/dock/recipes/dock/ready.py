"""Wait until the dock's engine answers: seconds as the argument, one JSON object as the answer.

From outside each try would cost a handshake of TLS (5 ms, some 20 times), and whether the dock's port takes a connection
says nothing: Docker's proxy does.
"""

import json
import socket
import sys
import time

SOCKET = "/run/docker.sock"
QUESTION = b"GET /_ping HTTP/1.0\r\nHost: dock\r\n\r\n"


def answers(seconds):
    """Whether it answers; it takes questions a while before it does."""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.settimeout(seconds)
        try:
            engine.connect(SOCKET)
            engine.sendall(QUESTION)
            return b" 200 " in engine.recv(4096)
        except OSError:
            return False


def main():
    deadline = time.monotonic() + json.loads(sys.argv[1])
    while not (ready := answers(max(0.1, deadline - time.monotonic()))) and time.monotonic() < deadline:
        time.sleep(0.01)  # between two tries of the condition
    json.dump({"ready": ready}, sys.stdout)


main()

"""An attached command's output is read whole."""

from __future__ import annotations

import socket
from types import SimpleNamespace

from graders.dock.frames import frames

STDOUT, STDERR = 1, 2


def frame(number: int, data: bytes) -> bytes:
    return bytes([number, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def test_output_that_came_with_the_head_of_the_answer_is_not_lost():
    here, there = socket.socketpair()
    buffered = here.makefile("rb")
    there.sendall(frame(STDOUT, b"early"))
    buffered.peek(1)  # as the HTTP client does while it reads the head
    there.sendall(frame(STDERR, b"late"))
    there.close()
    connection = buffered.raw
    connection._response = SimpleNamespace(raw=SimpleNamespace(_fp=SimpleNamespace(fp=buffered)), close=buffered.close)

    assert list(frames(connection, 1)) == [(STDOUT, b"early"), (STDERR, b"late")]

    here.close()


def test_output_is_read_where_only_the_socket_is_known():
    here, there = socket.socketpair()
    there.sendall(frame(STDOUT, b"a" * 100_000))
    there.close()

    assert list(frames(here, 1)) == [(STDOUT, b"a" * 100_000)]

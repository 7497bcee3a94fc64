"""Reads what an attached command says, frame by frame."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

STDOUT, STDERR = 1, 2


def raw_socket(connection: Any) -> Any:
    """The socket below what the SDK hands out."""
    return getattr(connection, "_sock", connection)


def frames(connection: Any, seconds: float) -> Iterator[tuple[int, bytes]]:
    """The stream's number and the data of each frame of an attached command, and close it at the end.

    The SDK's own reader waits without a limit and does not close its socket. Format:
    https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
    """
    raw = raw_socket(connection)
    raw.settimeout(seconds)
    response = getattr(connection, "_response", None)
    # A quick command's first output may have come along with the answer's head, and then lies in this buffer.
    buffered = getattr(getattr(getattr(response, "raw", None), "_fp", None), "fp", None)

    def read(count: int) -> bytes:
        if buffered is not None:
            return bytes(buffered.read(count) or b"")
        data = b""
        while len(data) < count and (more := raw.recv(count - len(data))):
            data += more
        return data

    try:
        while len(head := read(8)) == 8:
            length = int.from_bytes(head[4:], "big")
            yield head[0], read(length)
    finally:
        close(connection)


def close(connection: Any) -> None:
    """Close what the SDK hands out, all of it."""
    for thing in (getattr(connection, "_response", None), connection, raw_socket(connection)):
        with contextlib.suppress(OSError, ValueError):  # closing one may close the others
            if thing is not None:
                thing.close()

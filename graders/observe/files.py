"""Files inside containers, read through the engine: no program of the container's runs for it."""

from __future__ import annotations

import contextlib
import datetime
import io
import tarfile

from docker.errors import NotFound

from graders.dock import Dock
from graders.observe.containers import Container

LARGEST = 65536  # bytes of a file's archive that are read


def read_file(dock: Dock, container: Container, path: str) -> tuple[str, float]:
    """The text of a small file in a container that runs or not, and when it was written, in seconds.

    Returns:
        an empty text and 0 where there is no such file.
    """
    data = b""
    try:
        chunks, status = dock.engine.api.get_archive(container.id, path)
        with contextlib.closing(chunks):
            for chunk in chunks:
                data += chunk
                if len(data) > LARGEST:
                    break
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            member = archive.next()
            file = archive.extractfile(member) if member and member.isfile() else None
            text = file.read().decode(errors="replace") if file else ""
    except (NotFound, tarfile.TarError):
        return "", 0.0
    return text, moment(str(status["mtime"]))


def last_changed(dock: Dock, container: Container, path: str) -> float:
    """When a file in a running container was last changed or put there, in seconds; 0 where that cannot be told.

    It is the file's ctime, which nobody can set: `docker cp` keeps the time of the file that it copies.
    """
    script = 'stat --format %.9Z -- "$0" 2>/dev/null || echo 0'
    return float(dock.output("sh", "-c", script, f"/proc/{container.pid}/root{path}"))


def moment(text: str) -> float:
    """A time of the engine's (RFC 3339), in seconds."""
    return datetime.datetime.fromisoformat(text).timestamp()

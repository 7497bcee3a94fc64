"""What a dock lends a lab beyond its policy (`[dock] lend`): files of its own that the student may write, say."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

STUDENT = 1000
# The first range is what root in a container is. With the second one it may do with the student's files what root of a
# machine may do with everybody's, for instance read a key that only its owner can read; with nobody else's.
OWNERS = b"dockremap:100000:65536\ndockremap:1000:1\n"
CERTIFICATES = "etc/docker/certs.d"  # https://docs.docker.com/engine/security/certificates/
UNUSED_SETTINGS = "etc/docker/daemon.json"  # the dock's engine has its settings elsewhere, and never reads these


def lent(privileges: Iterable[str]) -> list[tuple[tarfile.TarInfo, bytes]]:
    """The files that a dock has more, each with its content.

    Args:
        privileges: those that are files: `certificates` (the student may write the engine's folder of certificates)
            and `ownership` (root in a container may read and write the student's files); others are the policy's.
    """
    wanted, found = set(privileges), []
    if "certificates" in wanted:
        found += [_entry(CERTIFICATES, None, STUDENT), _entry(UNUSED_SETTINGS, b"{}\n", STUDENT)]
    if "ownership" in wanted:
        found += [_entry("etc/subuid", OWNERS), _entry("etc/subgid", OWNERS)]
    return found


def add(archive: bytes, entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """A tar archive with more files."""
    packed = io.BytesIO(archive)
    with tarfile.open(fileobj=packed, mode="a") as opened:
        for entry, content in entries:
            opened.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _entry(path: str, content: bytes | None, owner: int = 0) -> tuple[tarfile.TarInfo, bytes]:
    """A file, or a folder where there is no content."""
    entry = tarfile.TarInfo(path)
    entry.uid = entry.gid = owner
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    else:
        entry.size, entry.mode = len(content), 0o644
    return entry, content or b""

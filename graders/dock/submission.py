"""Take a submission in: read a stranger's folder safely and pack it for a dock."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path

from graders.dock.troubles import SubmissionRefused, Trouble

STUDENT = 1000  # the uid and gid that own the files in the dock
HISTORY = ".git"  # a clone's own folder is no part of the work, and another one in each clone
LONGEST_NAME = 1024  # bytes of a path, relative to the folder
# The line by which a Dockerfile asks for its front end, wherever one is written: also in a script that writes one.
FRONT_END = re.compile(rb"(#[ \t]*syntax[ \t]*)=([ \t]*(?:docker\.io/)?docker/dockerfile\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How much a submission may hold."""

    bytes: int = 32 << 20  # all files together
    files: int = 4000  # files, folders and links together


@dataclass(frozen=True)
class Submission:
    """A packed submission."""

    archive: bytes  # an uncompressed tar of regular files, folders and links that stay inside
    digest: str  # SHA-256 over names, modes and contents, in hexadecimal
    names: tuple[str, ...]  # what is in it, relative, sorted
    left_out: tuple[str, ...]  # what is not, with the reason

    def offline(self) -> bytes:
        """The archive for a dock that reaches no registry.

        A line `# syntax=docker/dockerfile:1` has BuildKit fetch Docker's own front end, which is built into the engine
        as well. With `:` in place of `=` it is any comment.
        """
        if b"docker/dockerfile" not in self.archive:
            return self.archive
        changed = bytearray(self.archive)
        with tarfile.open(fileobj=io.BytesIO(self.archive), errors="surrogateescape") as archive:
            for entry in archive:
                if entry.isreg():
                    place = slice(entry.offset_data, entry.offset_data + entry.size)
                    changed[place] = FRONT_END.sub(rb"\1:\2", changed[place])
        return bytes(changed)


def pack(folder: Path, limits: Limits = Limits()) -> Submission:
    """Pack a folder, following no link and opening nothing but regular files.

    Sockets, pipes, devices and links that lead out are left out and named; a submission that needs one of them
    fails where it needs it, and one that does not loses nothing. A clone's `.git` is not packed.

    Args:
        folder: the submission.
        limits: how much it may hold.

    Raises:
        SubmissionRefused: it holds more than the limits.
        Trouble: the folder is missing, is not one, or cannot be read.
    """
    folder = folder.absolute()
    try:
        found = folder.exists()
    except OSError as problem:
        raise Trouble("submission_unreadable", path=folder, problem=problem.strerror or problem) from None
    if not found:
        raise Trouble("submission_missing", folder=folder)
    if not folder.is_dir():
        raise Trouble("submission_not_a_folder", folder=folder)
    packed, left_out, names, size = io.BytesIO(), [], [], 0
    digest = hashlib.sha256()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as archive:
        for path, status in _walk(folder, limits):
            name = os.path.relpath(path, folder)
            reason = _why_left_out(folder, path, status)
            if reason:
                left_out.append(f"{name}: {reason}")
                continue
            entry = tarfile.TarInfo(name)
            entry.uid = entry.gid = STUDENT
            entry.mode = 0o755 if status.st_mode & 0o111 or stat.S_ISDIR(status.st_mode) else 0o644
            entry.mtime = int(status.st_mtime)
            content = b""
            if stat.S_ISDIR(status.st_mode):
                entry.type = tarfile.DIRTYPE
            elif stat.S_ISLNK(status.st_mode):
                entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(path)
                content = os.fsencode(entry.linkname)
            else:
                content = _read(path, limits.bytes - size)
                size += len(content)
                if size > limits.bytes:
                    raise SubmissionRefused("submission_too_large", limit=_megabytes(limits.bytes))
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
            names.append(name)
            for part in (os.fsencode(name), str(entry.mode).encode(), entry.type, content):
                digest.update(len(part).to_bytes(8, "big") + part)
    return Submission(packed.getvalue(), digest.hexdigest(), tuple(names), tuple(left_out))


def _walk(folder: Path, limits: Limits) -> list[tuple[str, os.stat_result]]:
    """All entries below a folder with their own status, sorted by name; gives up past the limit of files."""
    found: list[tuple[str, os.stat_result]] = []
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name == HISTORY and here == str(folder):
                        continue
                    status = entry.stat(follow_symlinks=False)
                    found.append((entry.path, status))
                    if len(found) > limits.files:
                        raise SubmissionRefused("submission_too_many_files", limit=limits.files)
                    # What is below a folder whose name is too long is left out with it.
                    if stat.S_ISDIR(status.st_mode) and not _too_long(folder, entry.path):
                        waiting.append(entry.path)
        except OSError as problem:
            raise Trouble("submission_unreadable", path=here, problem=problem.strerror or problem) from None
    return sorted(found)


def _too_long(folder: Path, path: str) -> bool:
    return len(os.fsencode(os.path.relpath(path, folder))) > LONGEST_NAME


def _why_left_out(folder: Path, path: str, status: os.stat_result) -> str:
    mode = status.st_mode
    if _too_long(folder, path):
        return "name too long"
    if stat.S_ISLNK(mode):
        target = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        # By its words, and by way of the links that it passes.
        inside = _below(target, str(folder)) and _below(os.path.realpath(path), os.path.realpath(folder))
        return "" if inside and not os.path.isabs(os.readlink(path)) else "link that leads out"
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    return "not a file"


def _below(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder


def _read(path: str, most: int) -> bytes:
    """At most `most` + 1 bytes of a regular file that is still one when it is opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return b""
            return file.read(most + 1)
    except OSError as problem:
        raise Trouble("submission_unreadable", path=path, problem=problem.strerror or problem) from None


def _megabytes(count: int) -> str:
    return f"{count >> 20} MB"

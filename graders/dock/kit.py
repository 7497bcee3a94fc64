"""Offline kits: all images that some labs need, in one file, for machines that cannot pull or build.

A kit is an uncompressed tar of two members: `images.tar`, as `docker save` writes it, and after it `manifest.json`,
which says what is in it. So a kit that was cut off has no manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import requests
from docker.errors import DockerException

from graders.dock import images
from graders.dock.engine import engine, one_line, outer
from graders.dock.images import Say, silent
from graders.dock.seed import prepare_side_by_side
from graders.dock.troubles import Trouble

FORMAT = 1
IMAGES, MANIFEST = "images.tar", "manifest.json"
LARGEST_MANIFEST = 1 << 20  # bytes
SILENCE_SECONDS = 900  # the engine gathers all layers before it sends the first byte
CHUNK = 1 << 20
TOLD_EVERY = 128 << 20  # bytes between two lines of progress


@dataclass(frozen=True)
class Kit:
    """What a kit holds."""

    images: dict[str, str]  # key of the catalogue -> name on the engine
    seeds: tuple[str, ...]  # names on the engine
    architecture: str  # as images name it: amd64, arm64
    bytes: int  # of images.tar
    sha256: str  # of images.tar
    format: int = FORMAT


def save(file: Path, sets: Iterable[Iterable[str]], say: Say = silent) -> Kit:
    """Write a kit of the images and seeds of several labs; what is missing is prepared first.

    Args:
        file: appears only when it is complete; an older one is replaced.
        sets: for each lab the images in its docks, as keys of the catalogue.
        say: called with a key and one line of progress.

    Raises:
        Trouble: an image or seed cannot be had, or the engine did not give them all (`no_engine`).
        OSError: the file cannot be written.
    """
    wanted = [sorted(set(keys)) for keys in sets]
    with _replacing(file) as target:
        seeds = tuple(dict.fromkeys(seed.image for seed in prepare_side_by_side(wanted, say)))
        names = images.ensure(["dock", *sorted({key for keys in wanted for key in keys})], say)
        say("kit", f"saving images: {len(names)}, seeds: {len(seeds)}")
        size, digest = _write_images(target, (*names.values(), *seeds), say)
        kit = Kit(names, seeds, images.architecture(), size, digest)
        _write_manifest(target, kit)
    say("kit", f"saved {file}, {megabytes(file.stat().st_size)}")
    return kit


def load(file: Path, say: Say = silent) -> Kit:
    """Load a kit into the engine, after it was checked whole.

    Raises:
        Trouble: `kit_unreadable`, with what is wrong with it.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            kit = _read_manifest(archive)
            packed = _member(archive, IMAGES)
            say("kit", f"checking {megabytes(kit.bytes)}")
            if _digest(packed) != kit.sha256:
                raise _Unreadable("its images are damaged (wrong checksum)")
            if kit.architecture != images.architecture():
                raise _Unreadable(f"it is for {kit.architecture}, and this engine is {images.architecture()}")
            packed.seek(0)
            _load_images(packed, say)
        _claim(kit)
    except _Unreadable as problem:
        raise Trouble("kit_unreadable", file=file, problem=problem) from None
    except OSError as problem:
        raise Trouble("kit_unreadable", file=file, problem=problem.strerror or problem) from None
    except (tarfile.TarError, EOFError):
        raise Trouble("kit_unreadable", file=file, problem="it is no tar archive, or was cut off") from None
    say("kit", f"loaded images: {len(kit.images)}, seeds: {len(kit.seeds)}")
    return kit


def megabytes(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


class _Unreadable(Exception):
    """What is wrong with a kit."""


@contextlib.contextmanager
def _replacing(file: Path) -> Iterator[IO[bytes]]:
    """A new file beside the wanted one, which takes its name when all went well and is removed when not."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    with part.open("xb") as target:
        try:
            yield target
            target.flush()
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _write_images(target: IO[bytes], names: tuple[str, ...], say: Say) -> tuple[int, str]:
    """Stream the images into a member whose size is known only afterwards.

    Returns:
        its bytes and SHA-256.
    """
    entry = tarfile.TarInfo(IMAGES)
    target.write(entry.tobuf(tarfile.GNU_FORMAT))
    digest, size, told = hashlib.sha256(), 0, 0
    for chunk in _images(names):
        target.write(chunk)
        digest.update(chunk)
        size += len(chunk)
        if size - told >= TOLD_EVERY:
            told = size
            say("kit", f"saved {megabytes(size)}")
    target.write(bytes(-size % tarfile.BLOCKSIZE))
    entry.size = size
    target.seek(0)
    target.write(entry.tobuf(tarfile.GNU_FORMAT))
    target.seek(0, os.SEEK_END)
    return size, digest.hexdigest()


def _images(names: tuple[str, ...]) -> Iterator[bytes]:
    """The engine's archive of several images; the SDK can ask for one only, which would repeat shared layers."""
    api = outer(SILENCE_SECONDS)
    address = f"{api.base_url}/v{api.api_version}/images/get"
    try:
        with api.get(address, params={"names": list(names)}, stream=True, timeout=SILENCE_SECONDS) as answer:
            answer.raise_for_status()
            yield from answer.iter_content(CHUNK)
    except (DockerException, requests.RequestException) as problem:
        raise Trouble("no_engine", where=api.base_url, problem=one_line(problem)) from None


def _write_manifest(target: IO[bytes], kit: Kit) -> None:
    content = json.dumps(asdict(kit), indent=2).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size = len(content)
    with tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(content))


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        opened = archive.extractfile(name)
    except KeyError:
        opened = None
    if opened is None:
        raise _Unreadable(f"it has no {name}; it is no kit, or was cut off")
    return opened


def _read_manifest(archive: tarfile.TarFile) -> Kit:
    text = _member(archive, MANIFEST).read(LARGEST_MANIFEST)
    try:
        fields: dict[str, Any] = json.loads(text)
        if fields["format"] != FORMAT:
            raise _Unreadable(f"its format is {fields['format']}, and this Drydock reads {FORMAT}")
        return Kit(
            images={str(key): str(name) for key, name in fields["images"].items()},
            seeds=tuple(str(name) for name in fields["seeds"]),
            architecture=str(fields["architecture"]),
            bytes=int(fields["bytes"]),
            sha256=str(fields["sha256"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _Unreadable(f"its {MANIFEST} cannot be read") from None


def _digest(packed: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := packed.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _load_images(packed: IO[bytes], say: Say) -> None:
    say("kit", "loading into the engine")
    api: Any = outer(SILENCE_SECONDS)  # load_image has no types in its stubs
    try:
        for message in api.load_image(packed):
            if "error" in message:
                raise _Unreadable(f"the engine refused it: {message['error']}")
            if text := str(message.get("stream", "")).strip():
                say("kit", text)
    except (DockerException, requests.RequestException) as problem:
        raise _Unreadable(f"the engine refused it: {one_line(problem)}") from None


def _claim(kit: Kit) -> None:
    """See that what was loaded is what this Drydock looks for, and give images of ours their plain names too."""
    strange = [key for key in kit.images if not _known(key) or not images.find(key)]
    if strange:
        raise _Unreadable(f"it was made by another version of Drydock, with another {', '.join(strange)}")
    for key, name in kit.images.items():
        if not images.image(key).official:
            repository, _, tag = images.image(key).name.rpartition(":")
            engine().api.tag(name, repository, tag)


def _known(key: str) -> bool:
    try:
        images.image(key)
    except Trouble:
        return False
    return True

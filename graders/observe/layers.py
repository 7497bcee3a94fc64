"""What is in an image: its files layer by layer, read from the engine's own export, and its history."""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any, cast

from graders.dock import Dock

MOST_FILES = 100_000  # in one layer
LONGEST_EXPORT = 4 << 30
LONGEST_CONFIG = 1 << 20
CHUNK = 1 << 20
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


class TooMuch(OSError):
    """An image holds more than we read."""


@dataclass(frozen=True)
class File:
    """One entry of a layer."""

    path: str
    kind: str  # file, folder, link, other, removed, emptied
    size: int
    mode: int
    owner: str  # uid:gid
    modified: int
    digest: str  # SHA-256 of a file's content, or where a link points
    found: tuple[str, ...] = ()  # which of the searched texts are in it


@dataclass(frozen=True)
class Layer:
    """What one layer adds."""

    id: str
    files: tuple[File, ...]
    size: int  # bytes of all files in it
    step: str = ""  # the instruction that made it


@dataclass(frozen=True)
class Image:
    """An image's own layers, those of its base left out."""

    id: str
    layers: tuple[Layer, ...]
    config: Mapping[str, Any]
    history: tuple[str, ...]  # what each step of it did, the newest last
    final: Mapping[str, File] = field(default_factory=dict)  # what a container sees of these layers

    @property
    def size(self) -> int:
        """Bytes that its layers add to the base."""
        return sum(layer.size for layer in self.layers)


def read_images(dock: Dock, images: Sequence[str], base: str, texts: Mapping[str, bytes]) -> dict[str, Image]:
    """Read what images add to a base, in one export.

    Args:
        images: ids.
        base: the id of the image whose layers are left out.
        texts: what to search each file for -> by name.
    """
    api = dock.engine.api
    skipped = set(api.inspect_image(base)["RootFS"]["Layers"])
    known = {image: api.inspect_image(image) for image in images}
    wanted = {layer for raw in known.values() for layer in raw["RootFS"]["Layers"]} - skipped
    layers: dict[str, Layer] = {}
    steps: dict[str, str] = {}
    url = f"{api.base_url}/v{api.api_version}/images/get"
    with api.get(url, params={"names": list(images)}, stream=True) as answer:
        answer.raise_for_status()
        source = cast(IO[bytes], _Bounded(answer.raw))
        with tarfile.open(fileobj=source, mode="r|") as archive:
            for entry in archive:
                name = f"sha256:{posixpath.basename(entry.name)}".removesuffix(".json")
                content = archive.extractfile(entry) if name in known or name in wanted.difference(layers) else None
                if content is not None and name in known:
                    steps |= _steps(content.read(LONGEST_CONFIG))
                elif content is not None:
                    layers[name] = _read_layer(name, content, texts)
    result = {}
    for image, raw in known.items():
        made = [layer for layer in raw["RootFS"]["Layers"] if layer not in skipped]
        own = tuple(replace(layers[layer], step=steps.get(layer, "")) for layer in made)
        history = tuple(str(step.get("CreatedBy", "")) for step in reversed(api.history(image)))
        result[image] = Image(image, own, raw["Config"], history, _flatten(own))
    return result


def _steps(config: bytes) -> dict[str, str]:
    """Which instruction made each layer, from an image's configuration
    (https://github.com/opencontainers/image-spec/blob/main/config.md)."""
    try:
        read = json.loads(config)
        made = [
            _as_written(str(entry.get("created_by", ""))) for entry in read["history"] if not entry.get("empty_layer")
        ]
        return dict(zip(read["rootfs"]["diff_ids"], made, strict=True))
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}  # words for a picture only


def _as_written(step: str) -> str:
    """An instruction without what BuildKit puts around it."""
    return re.sub(r"^RUN (?:\|\d+ .*? )?/bin/sh -c ", "RUN ", step.removesuffix(" # buildkit"), flags=re.DOTALL)


class _Bounded(io.RawIOBase):
    """A stream that ends in an error after a number of bytes."""

    def __init__(self, source: Any) -> None:
        self._source, self._left = source, LONGEST_EXPORT

    def read(self, size: int = -1) -> bytes:
        data = bytes(self._source.read(size if size >= 0 else CHUNK))
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch(f"an export of more than {LONGEST_EXPORT} bytes")
        return data


def _read_layer(layer: str, content: IO[bytes], texts: Mapping[str, bytes]) -> Layer:
    files: list[File] = []
    with tarfile.open(fileobj=content, mode="r|") as archive:
        for entry in archive:
            if len(files) >= MOST_FILES:
                raise TooMuch(f"a layer of more than {MOST_FILES} files")
            files.append(_read_file(archive, entry, texts))
    return Layer(layer, tuple(files), sum(file.size for file in files))


def _read_file(archive: tarfile.TarFile, entry: tarfile.TarInfo, texts: Mapping[str, bytes]) -> File:
    path = posixpath.normpath("/" + entry.name)
    folder, name = posixpath.split(path)
    found: tuple[str, ...] = ()
    kind, digest = "other", entry.linkname
    if name == OPAQUE:
        path, kind = folder, "emptied"
    elif name.startswith(WHITEOUT):
        path, kind = posixpath.join(folder, name.removeprefix(WHITEOUT)), "removed"
    elif entry.isreg():
        kind = "file"
        digest, found = _search(archive.extractfile(entry), texts)
    elif entry.isdir():
        kind = "folder"
    elif entry.issym() or entry.islnk():
        kind = "link"
    return File(
        path, kind, entry.size, entry.mode & 0o7777, f"{entry.uid}:{entry.gid}", int(entry.mtime), digest, found
    )


def _search(content: IO[bytes] | None, texts: Mapping[str, bytes]) -> tuple[str, tuple[str, ...]]:
    """The digest of a file, and which texts it holds; read in pieces, so its size does not matter."""
    digest, found, before = hashlib.sha256(), set(), b""
    keep = max((len(text) for text in texts.values()), default=1) - 1
    while content is not None and (data := content.read(CHUNK)):
        digest.update(data)
        window = before + data
        found |= {name for name, text in texts.items() if text in window}
        before = window[-keep:] if keep else b""
    return digest.hexdigest(), tuple(sorted(found))


def _flatten(layers: Sequence[Layer]) -> dict[str, File]:
    """What remains of layers laid over one another."""
    final: dict[str, File] = {}
    for layer in layers:
        # What a layer removes lies below it, never in it, whatever the order of its entries.
        gone = [file for file in layer.files if file.kind in ("removed", "emptied")]
        for file in gone:
            below = [path for path in final if path.startswith(file.path.rstrip("/") + "/")]
            for path in below + ([file.path] if file.kind == "removed" else []):
                final.pop(path, None)
        final.update({file.path: file for file in layer.files if file.kind not in ("removed", "emptied")})
    return final


def said(image: Image) -> str:
    """An image's configuration and history, as one text to search."""
    return json.dumps([image.config, image.history], ensure_ascii=False)

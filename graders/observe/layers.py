"""What is in an image: its files layer by layer, read where the dock's engine keeps them, and its history."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graders.dock import Dock
from graders.observe.inside import answer_of

MOST_FILES = 100_000  # in one layer
MOST_BYTES = 4 << 30  # of the files of one layer
LONGEST_CONFIG = 1 << 20  # characters
LONGEST_ANSWER = 64 << 20  # bytes
MOST_LINKS = 16  # that are followed to a file


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
    """Read what images add to a base.

    Read from the engine's disk: an export would carry the base as well, which is most of an image.

    Args:
        images: ids.
        base: the id of the image whose layers are left out.
        texts: what to search each file for -> by name.

    Raises:
        TooMuch: a layer has more than MOST_FILES files, or more than MOST_BYTES in them.
    """
    api = dock.engine.api
    skipped = set(api.inspect_image(base)["RootFS"].get("Layers") or ())
    known = {image: api.inspect_image(image) for image in images}
    folders = {layer: folder for raw in known.values() for layer, folder in _folders(raw).items()}
    configs = f"{api.info()['DockerRootDir']}/image/overlay2/imagedb/content/sha256"
    asked = {
        "layers": {layer: folder for layer, folder in folders.items() if layer not in skipped},
        "configs": {image: f"{configs}/{image.removeprefix('sha256:')}" for image in known},
        "texts": {name: text.hex() for name, text in texts.items()},
        "most_files": MOST_FILES,
        "most_bytes": MOST_BYTES,
        "longest_config": LONGEST_CONFIG,
    }
    answer = answer_of(dock, "layers.py", asked, most=LONGEST_ANSWER)
    layers = {layer: _layer(layer, files) for layer, files in answer["layers"].items()}
    result = {}
    for image, raw in known.items():
        steps = _steps(answer["configs"][image] or "")
        made = [layer for layer in raw["RootFS"].get("Layers") or () if layer not in skipped]
        own = tuple(replace(layers[layer], step=steps.get(layer, "")) for layer in made)
        history = tuple(str(step.get("CreatedBy", "")) for step in reversed(api.history(image)))
        result[image] = Image(image, own, raw["Config"], history, _flatten(own))
    return result


def _folders(raw: Mapping[str, Any]) -> dict[str, str]:
    """Where the engine keeps each layer of an image, from what it says of the image (graph driver overlay2)."""
    data = raw["GraphDriver"]["Data"] or {}
    layers = raw["RootFS"].get("Layers") or ()
    below = data["LowerDir"].split(":") if data.get("LowerDir") else []
    folders = [*reversed(below), *([data["UpperDir"]] if data.get("UpperDir") else [])]  # the base first, as layers are
    if len(folders) != len(layers):
        raise RuntimeError(f"{raw['Id']} has {len(layers)} layers in {len(folders)} folders")
    return dict(zip(layers, folders, strict=True))


def _layer(layer: str, files: Sequence[Sequence[Any]] | None) -> Layer:
    """A layer as recipes/inside/layers.py answers it."""
    if files is None:
        raise TooMuch(f"a layer of more than {MOST_FILES} files, or of more than {MOST_BYTES} bytes")
    read = tuple(
        File(path, kind, size, mode, f"{user}:{group}", modified, digest, tuple(found))
        for path, kind, size, mode, user, group, modified, digest, found in files
    )
    return Layer(layer, read, sum(file.size for file in read))


def _steps(config: str) -> dict[str, str]:
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


def shown(image: Image, path: str) -> File | None:
    """What a container sees at a path, links to files and folders followed; None where there is nothing."""
    final, links = image.final, 0
    at, left = "/", path.strip("/").split("/")
    while left:
        at = posixpath.normpath(posixpath.join(at, left.pop(0)))
        found = final.get(at)
        if found and found.kind == "link":
            links += 1
            if links > MOST_LINKS:
                return None
            at, left = posixpath.dirname(at), [*found.digest.split("/"), *left]
            if found.digest.startswith("/"):
                at = "/"
    return final.get(at)


def said(image: Image) -> str:
    """An image's configuration and history, as one text to search."""
    return json.dumps([image.config, image.history], ensure_ascii=False)

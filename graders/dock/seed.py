"""Seeds: a dock's data root with the images of a lab already in it, kept as an image on the engine."""

from __future__ import annotations

import concurrent.futures
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from docker.errors import ImageNotFound, NotFound

from graders.dock import images
from graders.dock.engine import engine
from graders.dock.images import Say, silent
from graders.dock.settings import Settings

SEED_LABEL = "org.drydock.seed"
LARGEST_SEED = 16 << 30  # bytes
SEEDS_AT_ONCE = 3  # each is prepared in a dock, which keeps a processor busy
# What the engine makes anew at each start, or must not share with another dock. A `*` stands for one folder: an image's
# own /tmp lies deeper, and stays.
NOT_SEEDED = ("./*/network/files", "./*/engine-id", "./*/tmp", "./*/runtimes", "./*/containers/*")


@dataclass(frozen=True)
class Seed:
    """A dock image with a prepared data root."""

    image: str  # the name of the image on the outer engine
    ids: dict[str, str]  # key of an image -> its id in the dock


def ensure_seed(keys: Iterable[str], say: Say = silent) -> Seed:
    """Have the dock's image with these images in its data root.

    The seed's name says what is in it: the dock's recipe and the id of each image, so a changed image makes
    another seed.

    Args:
        keys: images of the catalogue; a variant of the dock among them stands in for the dock.

    Raises:
        Trouble: an image cannot be had, or the preparing dock did not come up.
    """
    dock, wanted = _sorted(keys)
    if (known := _known.get((dock, *wanted))) and _labels(known.image):
        return known
    names = images.ensure([dock, *wanted], say)
    ids = {key: str(engine().api.inspect_image(names[key])["Id"]) for key in wanted}
    content = json.dumps([images.digest(dock), ids, NOT_SEEDED], sort_keys=True)
    tag = f"drydock/seed:{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    if labels := _labels(tag):
        seed = Seed(tag, json.loads(labels[SEED_LABEL]))
    else:
        seed = _prepare(tag, {key: names[key] for key in wanted}, names[dock], say)
    _known[dock, *wanted] = seed
    return seed


_known: dict[tuple[str, ...], Seed] = {}  # what this process has had: a question for each image is saved


def _labels(image: str) -> dict[str, str]:
    """The labels of an image of the outer engine; none where it has no such image."""
    try:
        return dict(engine().api.inspect_image(image)["Config"]["Labels"] or {})
    except (ImageNotFound, NotFound):
        return {}


def _sorted(keys: Iterable[str]) -> tuple[str, list[str]]:
    """The key of the dock's image among these, and all others."""
    found = sorted(set(keys))
    docks = [key for key in found if images.is_dock(key)]
    return (docks or [images.DOCK])[-1], [key for key in found if key not in docks]


def _prepare(tag: str, names: dict[str, str], dock_image: str, say: Say) -> Seed:
    from graders.dock.dock import Dock  # a dock needs a seed, and this seed needs a dock

    say("seed", f"preparing {', '.join(names) or 'an empty data root'}")
    size: int = sum(int(engine().api.inspect_image(name)["Size"]) for name in names.values())
    settings = Settings(images=(), disk=2 * size + (256 << 20), memory=2 * size + (1024 << 20))
    with Dock.start(settings, seed=Seed(dock_image, {})) as dock, tempfile.TemporaryFile() as kept:
        ids = {}
        for key, name in names.items():
            with tempfile.TemporaryFile() as archive:
                for chunk in engine().api.get_image(name):
                    archive.write(chunk)
                archive.seek(0)
                dock.engine.api.load_image(archive)
            repository, tagged = images.image(key).name.rsplit(":", 1)
            dock.engine.api.tag(name, repository, tagged, force=True)
            ids[key] = str(dock.engine.api.inspect_image(name)["Id"])
            if name != images.image(key).name:
                dock.engine.api.remove_image(name, noprune=True)
        _pack_data_root(dock, kept)
        say("seed", f"keeping {kept.tell() >> 20} MB")
        _build(tag, dock_image, ids, kept, say)
    return Seed(tag, ids)


def _pack_data_root(dock: Dock, file: IO[bytes]) -> None:  # type: ignore[name-defined]  # noqa: F821
    excluded = ["--anchored", "--no-wildcards-match-slash", *(f"--exclude={pattern}" for pattern in NOT_SEEDED)]
    command = ["tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", *excluded, "-C", "/data", "-cf", "-", "."]
    for chunk in dock.stream(command, most=LARGEST_SEED):
        file.write(chunk)


def _build(tag: str, dock_image: str, ids: dict[str, str], data: IO[bytes], say: Say) -> None:
    dockerfile = f"FROM {dock_image}\nCOPY data.tar /seed/data.tar\n".encode()
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(dockerfile)
            archive.addfile(entry, io.BytesIO(dockerfile))
            entry = tarfile.TarInfo("data.tar")
            entry.size = data.tell()
            data.seek(0)
            archive.addfile(entry, data)
        context.seek(0)
        images.build_image("seed", context, tag, say, labels={SEED_LABEL: json.dumps(ids)})


def prepare_side_by_side(sets: Iterable[Iterable[str]], say: Say = silent) -> list[Seed]:
    """Have the seeds of several labs, each as soon as its images are there.

    Raises:
        Trouble: as `ensure_seed`.
    """
    wanted = list(dict.fromkeys(tuple(sorted({images.DOCK, *keys})) for keys in sets))
    with (
        concurrent.futures.ThreadPoolExecutor(images.AT_ONCE) as building,
        concurrent.futures.ThreadPoolExecutor(SEEDS_AT_ONCE) as preparing,
    ):
        needed = dict.fromkeys(key for keys in wanted for key in keys)
        works = images.obtain(needed, building, say)
        keys_of = {works[key]: key for key in needed}  # not the bases: of an image that was pulled nobody needs them
        there: set[str] = set()
        seeds: dict[tuple[str, ...], concurrent.futures.Future[Seed]] = {}
        for future in concurrent.futures.as_completed(keys_of):
            future.result()
            there.add(keys_of[future])
            for keys in wanted:
                if keys not in seeds and there.issuperset(keys):
                    seeds[keys] = preparing.submit(ensure_seed, keys, say)
        return [seeds[keys].result() for keys in wanted]

"""The catalogue of images: take each from the engine, else pull it, else build it."""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import io
import json
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from graders.dock.engine import engine, one_line
from graders.dock.troubles import Trouble

HERE = Path(__file__).parent
STAND_IN_LABEL = "org.drydock.stand-in"
IMAGE_LABEL = "org.drydock.image"
DOCK = "dock"  # the key of the dock's own image
AT_ONCE = 8  # images in work: they wait for packages and for each other most of the time
BUILD_SECONDS = 1800  # an image's build, packages downloaded over a slow line included

Say = Callable[[str, str], None]  # image key, what happens to it


def silent(_key: str, _what: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Image:
    """One entry of images.toml."""

    key: str
    name: str  # as a Dockerfile calls it
    official: bool = False
    bootstrap: str = ""  # a Debian suite: the stand-in is a minimal root of it
    recipe: str = ""  # a folder below recipes/
    target: str = ""  # a stage of the recipe's Dockerfile
    bases: dict[str, str] = field(default_factory=dict)  # build argument -> key of the base image
    packages: tuple[str, ...] = ()  # of Debian, which the recipe installs

    @property
    def repository(self) -> str:
        """Where the engine keeps what we built, under a tag for its content."""
        return f"drydock/stand-in-{self.key}" if self.official else self.name.rpartition(":")[0]


@functools.cache
def catalogue() -> dict[str, Image]:
    """All images by key."""
    entries = tomllib.loads((HERE / "images.toml").read_text("utf-8"))
    return {key: Image(key=key, bases=entry.pop("from", {}), **entry) for key, entry in entries.items()}


def image(key: str) -> Image:
    """One image of the catalogue.

    Raises:
        Trouble: `unknown_image`.
    """
    if is_dock(key) and key != DOCK:
        return _variant(key)
    try:
        return catalogue()[key]
    except KeyError:
        raise Trouble("unknown_image", image=key, known=", ".join(catalogue())) from None


@functools.cache
def packages() -> dict[str, str]:
    """The Debian packages that a variant of the dock may have, each with what it is for."""
    return tomllib.loads((HERE / "packages.toml").read_text("utf-8"))


def dock_key(wanted: Iterable[str]) -> str:
    """The key of the dock's image with some packages: `dock+cosign`, say; `dock` without any."""
    return "+".join([DOCK, *sorted(set(wanted))])


def is_dock(key: str) -> bool:
    """Whether a key is the dock's image or a variant of it."""
    return key.split("+")[0] == DOCK


def _variant(key: str) -> Image:
    """The image for a `dock_key`.

    Raises:
        Trouble: `unknown_package`.
    """
    wanted = tuple(key.split("+")[1:])
    for package in wanted:
        if package not in packages():
            raise Trouble("unknown_package", package=package, known=", ".join(packages()))
    name = f"{catalogue()[DOCK].repository}-{'-'.join(wanted)}:1"
    return Image(key=key, name=name, recipe="packages", bases={"DOCK": DOCK}, packages=wanted)


@functools.cache
def digest(key: str) -> str:
    """What an image is built from, recipes of its bases included, as 12 hexadecimal digits."""
    entry = image(key)
    parts = [entry.name, entry.target, entry.bootstrap, *entry.packages]
    parts += [f"{argument}={digest(base)}" for argument, base in sorted(entry.bases.items())]
    for path in _recipe_files(entry):
        parts += [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def content_tag(key: str) -> str:
    """The tag under which the engine keeps what we built of an image."""
    return f"{image(key).repository}:{digest(key)}"


def find(key: str) -> str | None:
    """The name of an image that the engine has: the official one, or the one built from today's recipe."""
    entry = image(key)
    for name in ([entry.name] if entry.official else []) + [content_tag(key)]:
        try:
            engine().api.inspect_image(name)
            return name
        except (ImageNotFound, NotFound):
            continue
    return None


def ensure(keys: Iterable[str], say: Say = silent) -> dict[str, str]:
    """Have images, and their bases, on the engine; those that do not depend on each other side by side.

    Args:
        keys: images of the catalogue.
        say: called with a key and one line of progress.

    Returns:
        the name by which the engine knows each of them.

    Raises:
        Trouble: `image_not_built`, with the last lines of the build.
    """
    wanted = list(dict.fromkeys(keys))
    found = {key: name for key in wanted if (name := find(key))}
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        works = obtain(missing, pool, say)
        return found | {key: works[key].result() for key in missing}


def obtain(
    keys: Iterable[str], pool: concurrent.futures.ThreadPoolExecutor, say: Say = silent
) -> dict[str, concurrent.futures.Future[str]]:
    """Begin to have images, and their bases, on the engine; see `ensure`.

    Args:
        pool: with as many threads as images may be in work at a time; one that waits for its base keeps a thread, and
            bases are begun first.

    Returns:
        a future for the name of each of them, and of their bases.
    """
    works: dict[str, concurrent.futures.Future[str]] = {}
    missing: list[str] = []

    def visit(key: str) -> None:
        if key in works:
            return
        works[key] = concurrent.futures.Future()
        if name := find(key):
            works[key].set_result(name)
            return
        for base in image(key).bases.values():
            visit(base)
        missing.append(key)

    for key in keys:
        visit(key)
    for key in sorted(missing, key=lambda key: not image(key).bootstrap):  # others wait for these longest
        bases = {argument: works[base] for argument, base in image(key).bases.items()}
        pool.submit(_obtain, key, bases, say).add_done_callback(functools.partial(_hand_on, works[key]))
    return works


def _hand_on(to: concurrent.futures.Future[str], done: concurrent.futures.Future[str]) -> None:
    if problem := done.exception():
        to.set_exception(problem)
    else:
        to.set_result(done.result())


def _obtain(key: str, bases: dict[str, concurrent.futures.Future[str]], say: Say) -> str:
    entry = image(key)
    if name := find(key):
        say(key, f"there: {name}")
        return name
    if entry.official and _pull(entry.name, key, say):
        return entry.name
    # An official base is waited for only now: a pulled image needs none.
    arguments = {argument: base.result() for argument, base in bases.items()}
    if entry.bootstrap:
        _bootstrap(entry, say)
    else:
        if entry.packages:
            arguments["PACKAGES"] = " ".join(entry.packages)
        _build(entry, arguments, say)
    if not entry.official:
        repository, tag = entry.name.rsplit(":", 1)
        engine().api.tag(content_tag(key), repository, tag)
    return content_tag(key)


def _pull(name: str, key: str, say: Say) -> bool:
    say(key, f"pulling {name}")
    try:
        repository, tag = name.rsplit(":", 1)
        engine().images.pull(repository, tag)
        say(key, f"pulled {name}")
        return True
    except (DockerException, requests.RequestException) as problem:
        say(key, f"cannot be pulled ({one_line(problem, 80)}), building a stand-in")
        return False


def _recipe_files(entry: Image) -> list[Path]:
    folder = HERE / "recipes" / entry.recipe
    return (
        sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        if entry.recipe
        else []
    )


def _build(entry: Image, arguments: dict[str, str], say: Say) -> None:
    """Build a recipe with the classic builder, which every engine has without a plugin."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for path in _recipe_files(entry):
            info = archive.gettarinfo(path, str(path.relative_to(HERE / "recipes" / entry.recipe)))
            info.uid = info.gid = info.mtime = 0
            with path.open("rb") as file:
                archive.addfile(info, file)
    context.seek(0)
    build_image(
        entry.key,
        context,
        content_tag(entry.key),
        say,
        buildargs=arguments,
        target=entry.target,
        labels={IMAGE_LABEL: entry.key, **({STAND_IN_LABEL: entry.name} if entry.official else {})},
    )


def build_image(key: str, context: IO[bytes], tag: str, say: Say, **options: Any) -> None:
    """Build a context (a tar) on the engine and say each step.

    Raises:
        Trouble: `image_not_built`.
    """
    lines: list[str] = []
    say(key, "building")
    try:
        stream = engine().api.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=BUILD_SECONDS,
            **options,
        )
        for message in stream:
            if "error" in message:
                raise Trouble("image_not_built", image=key, lines="\n".join([*lines[-15:], str(message["error"])]))
            text = str(message.get("stream", "")).strip()
            if text:
                lines.append(text)
            if re.match(r"Step \d+/\d+", text):
                say(key, text[:100])
    except (APIError, requests.RequestException) as problem:
        raise Trouble("image_not_built", image=key, lines=one_line(problem)) from None
    say(key, "built")


def _bootstrap(entry: Image, say: Say) -> None:
    """Build a minimal Debian root from packages, for machines that can pull nothing."""
    if not shutil.which("mmdebstrap"):
        raise Trouble("no_mmdebstrap", image=entry.name)
    say(entry.key, f"building a minimal {entry.bootstrap} from packages")
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale", "info")]
    with tempfile.TemporaryDirectory(prefix="drydock-") as folder:
        root = Path(folder) / "root.tar"
        command = [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            '--aptopt=Acquire::Languages "none"',
            "--dpkgopt=force-unsafe-io",  # as Docker's own Debian images have it: nothing is worth a power cut
            *excluded,
            entry.bootstrap,
            str(root),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        if done.returncode:
            raise Trouble("image_not_built", image=entry.name, lines="\n".join(done.stderr.splitlines()[-15:]))
        changes = [
            f"LABEL {STAND_IN_LABEL}={entry.name}",
            "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            'CMD ["bash"]',
        ]
        repository, tag = content_tag(entry.key).rsplit(":", 1)
        with root.open("rb") as file:
            engine().api.import_image_from_data(file, repository=repository, tag=tag, changes=changes)
    say(entry.key, "built")


def architecture() -> str:
    """The engine's processor architecture, as images name it."""
    return str(engine().version().get("Arch", platform.machine()))

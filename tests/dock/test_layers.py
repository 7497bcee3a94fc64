"""Layers as they are read from the engine's disk, against the engine's own export of the same image."""

import hashlib
import io
import json
import posixpath
import tarfile

import pytest

from graders.dock import Dock, Settings
from graders.observe import layers
from graders.observe.layers import File, TooMuch, read_images

pytestmark = pytest.mark.docker
SECRET = b"k7wq-secret-mussel"
RECIPE = """
FROM busybox:1.37
RUN mkdir -p /app/old && echo one > /app/old/gone && echo two > /app/twin && ln /app/twin /app/pair \\
 && ln -s twin /app/soft && mkfifo /app/pipe && chown 7:8 /app/twin && chmod 4750 /app/twin
RUN dd if=/dev/zero bs=1048573 count=1 of=/large 2>/dev/null && printf k7wq-secret-mussel >> /large
ENV SAID=so
RUN rm -r /app/old && mkdir /app/old && echo new > /app/old/new && rm /app/soft
"""


@pytest.fixture(scope="module")
def dock():
    with Dock.start(Settings(images=("busybox",))) as dock:
        yield dock


def build(dock: Dock, name: str, recipe: str) -> str:
    ran = dock.run("bash", "-c", 'docker build -q -t "$0" -', name, stdin=recipe)
    assert ran.exit == 0, ran.output
    return str(dock.engine.api.inspect_image(name)["Id"])


Entries = dict[tuple[str, str], tuple[object, ...]]  # path and kind -> what else is told of it


def exported(dock: Dock, image: str) -> list[Entries]:
    """What each layer holds, the base first."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(dock.engine.api.get_image(image)))) as archive:
        (manifest,) = json.load(archive.extractfile("manifest.json"))
        return [layer(io.BytesIO(archive.extractfile(name).read())) for name in manifest["Layers"]]


def layer(content: io.BytesIO) -> Entries:
    found: Entries = {}
    with tarfile.open(fileobj=content) as archive:
        for entry in archive:
            folder, name = posixpath.split("/" + entry.name.rstrip("/"))
            path, owner = posixpath.join(folder, name), f"{entry.uid}:{entry.gid}"
            if name == ".wh..wh..opq":
                found[folder, "emptied"] = ()
            elif name.startswith(".wh."):
                found[posixpath.join(folder, name[4:]), "removed"] = ()
            elif entry.isreg():
                digest = hashlib.sha256(archive.extractfile(entry).read()).hexdigest()
                found[path, "file"] = (entry.mode, owner, digest, entry.size)
            else:
                kind = "folder" if entry.isdir() else "link" if entry.issym() or entry.islnk() else "other"
                found[path, kind] = (entry.mode, owner) if kind != "link" else ()
    return found


def told(file: File) -> tuple[object, ...]:
    if file.kind in ("removed", "emptied", "link"):
        return ()
    return (file.mode, file.owner, *((file.digest, file.size) if file.kind == "file" else ()))


def test_what_is_read_from_the_engines_disk_is_what_the_engine_exports(dock):
    image = build(dock, "layered", RECIPE)
    read = read_images(dock, [image], dock.image_ids["busybox"], {"key": SECRET})[image]
    seen = [{(file.path, file.kind): told(file) for file in one.files} for one in read.layers]

    assert seen == exported(dock, image)[1:]
    assert ("/app/old", "emptied") in seen[-1]
    assert ("/app/soft", "removed") in seen[-1]
    assert [one.step.split(" ")[:2] for one in read.layers] == [["RUN", "mkdir"], ["RUN", "dd"], ["RUN", "rm"]]


def test_a_text_across_two_pieces_of_a_large_file_is_found_and_what_is_gone_is_not_in_the_final_image(dock):
    image = build(dock, "layered", RECIPE)
    read = read_images(dock, [image], dock.image_ids["busybox"], {"key": SECRET})[image]

    assert [file.path for one in read.layers for file in one.files if file.found] == ["/large"]
    assert {"/app/twin", "/app/pair", "/app/old", "/app/old/new"} <= set(read.final)
    assert {"/app/old/gone", "/app/soft"}.isdisjoint(read.final)


def test_a_layer_that_is_larger_than_any_image_may_be_is_not_read(dock, monkeypatch):
    monkeypatch.setattr(layers, "MOST_BYTES", 4 << 20)
    image = build(dock, "sparse", "FROM busybox:1.37\nRUN truncate -s 5M /huge\n")

    with pytest.raises(TooMuch):
        read_images(dock, [image], dock.image_ids["busybox"], {})

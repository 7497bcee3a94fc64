"""Offline kits: saved from an engine, loaded into another one that has nothing."""

import json
import tarfile

import pytest

from graders.dock import Dock, Settings, Trouble, ensure_seed, images, kit

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A kit of the smallest set."""
    file = tmp_path_factory.mktemp("kit") / "kit.tar"
    said: list[str] = []
    made = kit.save(file, [["busybox"]], lambda _key, what: said.append(what))
    return file, made, said


def test_a_kit_says_what_is_in_it(saved):
    file, _, said = saved
    with tarfile.open(file) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        with tarfile.open(fileobj=archive.extractfile("images.tar")) as inner:
            tags = {tag for entry in json.load(inner.extractfile("manifest.json")) for tag in entry["RepoTags"]}

    assert manifest["images"] == {key: images.find(key) for key in ("dock", "busybox")}
    assert manifest["seeds"] == [ensure_seed(["busybox"]).image]
    assert tags == {*manifest["images"].values(), *manifest["seeds"]}
    assert "saving images: 2, seeds: 1" in said
    assert said[-1] == f"saved {file}, {kit.megabytes(file.stat().st_size)}"


def test_nothing_but_the_kit_is_left_in_its_folder(saved):
    file, _, _ = saved

    assert list(file.parent.iterdir()) == [file]


def test_a_loaded_kit_is_found_without_a_network(saved):
    file, made, _ = saved

    loaded = kit.load(file)

    assert loaded == made
    assert all(images.find(key) == name for key, name in loaded.images.items())


def test_an_engine_that_has_nothing_finds_what_a_kit_brought(saved, monkeypatch):
    file, made, _ = saved
    small = 3 << 30
    with Dock.start(Settings(disk=small, memory=small), seed=ensure_seed([])) as dock:
        dock_api = dock.engine.api
        dock_api.timeout = 600
        for module in (images, kit):
            monkeypatch.setattr(module, "engine", lambda: dock.engine)
        monkeypatch.setattr(kit, "outer", lambda _seconds: dock_api)

        assert images.find("busybox") is None
        kit.load(file)

        assert {key: images.find(key) for key in made.images} == made.images
        assert dock_api.inspect_image("drydock/dock:1")["Id"] == dock_api.inspect_image(made.images["dock"])["Id"]
        assert all(dock_api.inspect_image(seed) for seed in made.seeds)


@pytest.mark.parametrize("kept", [0.999999, 0.5, 0.001])
def test_a_kit_that_was_cut_off_is_refused(saved, tmp_path, kept):
    file, _, _ = saved
    cut = tmp_path / "cut.tar"
    with file.open("rb") as whole, cut.open("wb") as target:
        remaining = int(file.stat().st_size * kept) - 11000
        while remaining > 0 and (chunk := whole.read(min(remaining, 1 << 20))):
            target.write(chunk)
            remaining -= len(chunk)

    with pytest.raises(Trouble) as refused:
        kit.load(cut)

    assert refused.value.code == "kit_unreadable"
    assert "cut off" in refused.value.facts["problem"]


def test_a_kit_with_one_changed_byte_is_refused(saved, tmp_path):
    file, _, _ = saved
    changed = tmp_path / "changed.tar"
    changed.write_bytes(file.read_bytes())
    with changed.open("r+b") as target:
        target.seek(file.stat().st_size // 2)
        byte = target.read(1)[0]
        target.seek(-1, 1)
        target.write(bytes([byte ^ 1]))

    with pytest.raises(Trouble, match="wrong checksum"):
        kit.load(changed)


def test_a_kit_that_the_engine_does_not_give_whole_leaves_no_file(tmp_path, monkeypatch):
    file = tmp_path / "kit.tar"
    monkeypatch.setattr(kit.images, "ensure", lambda _keys, _say: {"busybox": "drydock/no-such-image:1"})
    monkeypatch.setattr(kit, "prepare_side_by_side", lambda _sets, _say: [])

    with pytest.raises(Trouble, match="No Docker engine answers"):
        kit.save(file, [["busybox"]])

    assert list(tmp_path.iterdir()) == []

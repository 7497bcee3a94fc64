"""Which images are had, and in which order, where some are there and others have to be made of them."""

import concurrent.futures

import pytest

from graders.dock import images
from graders.dock.images import Image
from graders.dock.troubles import Trouble

CATALOGUE = {
    "app": Image("app", "drydock/app:1", bases={"BASE": "middle"}),
    "middle": Image("middle", "middle:1", official=True, bases={"DEBIAN": "old"}),
    "new": Image("new", "debian:13", official=True, bootstrap="trixie"),
    "old": Image("old", "debian:12", official=True, bootstrap="bookworm"),
}


@pytest.fixture
def begun(monkeypatch):
    """The images that were made, in their order; `there` are on the engine already, `broken` cannot be made."""
    made, there, broken = [], {}, set()

    def obtain(key, bases, _say):
        made.append(key)
        for base in bases.values():
            base.result()
        if key in broken:
            raise Trouble("image_not_built", image=key, lines="no")
        return f"made {key}"

    monkeypatch.setattr(images, "catalogue", lambda: CATALOGUE)
    monkeypatch.setattr(images, "find", there.get)
    monkeypatch.setattr(images, "_obtain", obtain)
    return made, there, broken


def have(*keys):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # where one waits for a later one, this never ends
        return {key: work.exception(10) or work.result() for key, work in images.obtain(keys, pool).items()}


def test_what_others_wait_for_longest_is_begun_first_and_a_base_before_what_is_made_of_it(begun):
    assert have("app", "new") == {key: f"made {key}" for key in CATALOGUE}
    assert begun[0] == ["old", "new", "middle", "app"]


def test_of_what_is_there_no_base_is_needed(begun):
    begun[1]["middle"] = "middle:1"

    assert have("app") == {"app": "made app", "middle": "middle:1"}
    assert begun[0] == ["app"]


def test_what_is_made_of_a_broken_image_has_its_trouble_and_nothing_else_has(begun):
    begun[2].add("old")
    found = have("app", "new")

    assert found["new"] == "made new"
    assert [found[key].facts["image"] for key in ("old", "middle", "app")] == ["old"] * 3

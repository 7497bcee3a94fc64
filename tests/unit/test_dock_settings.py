"""What a lab asks of its docks, and what follows from it."""

import os
from dataclasses import replace

import pytest

from graders.classes import queue
from graders.dock import Settings, Trouble, images
from graders.grading import CONTROL_IMAGE, Options, dock_settings
from graders.labs import LABS, load


@pytest.fixture
def with_dock():
    """A lab with some settings of its dock changed."""
    lab, _ = load(LABS / "networking")
    return lambda **settings: replace(lab, dock={**lab.dock, **settings})


def test_packages_make_a_variant_of_the_docks_image_that_others_do_not_share():
    key = images.dock_key(["openssl", "cosign", "openssl"])

    assert key == "dock+cosign+openssl"
    assert images.image(key).bases == {"DOCK": "dock"}
    assert images.content_tag(key).startswith("drydock/dock-cosign-openssl:")
    assert len({images.digest(each) for each in ("dock", "dock+cosign", key)}) == 3


def test_a_package_that_is_not_on_the_list_is_refused_with_those_that_are():
    with pytest.raises(Trouble, match=r"nmap; it can have apache2-utils, cosign"):
        images.image("dock+nmap")


def test_each_kind_of_dock_has_a_seed_of_its_own_images():
    settings = Settings(images=("store",), packages=("cosign",), nodes=3, registry=True, node_images=("edge",))

    assert settings.seeds == (("dock+cosign", "store", "registry"), ("dock+cosign", "edge"))
    assert Settings(images=("store",)).seeds == (("store",),)


def test_every_node_can_run_the_control_workload(with_dock):
    settings = dock_settings(with_dock(nodes=2), Options())

    assert all(CONTROL_IMAGE in keys for keys in settings.seeds)


def test_a_machine_bears_as_many_submissions_as_it_bears_all_their_nodes(with_dock, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: range(16))
    monkeypatch.setattr(queue, "_memory", lambda: 16 << 30)
    dock = {"memory": 700 << 20, "disk": 48 << 20}  # with its engine a GiB

    assert queue.bearable(with_dock(**dock)) == 16
    monkeypatch.setattr(queue, "_memory", lambda: 64 << 30)
    assert queue.bearable(with_dock(**dock)) == 32
    monkeypatch.setattr(queue, "_memory", lambda: 16 << 30)
    assert queue.bearable(with_dock(**dock, nodes=3)) == 5
    assert queue.bearable(with_dock(**{**dock, "memory": 8 << 30}, nodes=7)) == 1

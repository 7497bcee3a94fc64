"""Mounts are told apart by what the kernel has, with the engine's names where it lists them."""

from __future__ import annotations

from graders.observe.storage import parse

LINES = [
    "620 511 0:101 / / rw,relatime - overlay overlay rw,lowerdir=/x",
    "640 620 0:56 /100000.100000/volumes/notes-data/_data /notes rw,relatime - tmpfs tmpfs rw,size=1048576k",
    "641 620 0:57 /notes.conf /etc/notes.conf ro,relatime - tmpfs tmpfs rw,size=131072k",
    "642 620 0:99 / /scratch rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,uid=100000",
    "not a mount",
]
LISTED = {
    "/notes": {"Type": "volume", "Name": "notes-data", "Source": "/data/volumes/notes-data/_data"},
    "/etc/notes.conf": {"Type": "bind", "Source": "/work/notes.conf"},
}


def test_a_volume_on_a_tmpfs_is_not_in_memory_of_its_own() -> None:
    found = parse(LINES, LISTED)["/notes"]

    assert (found.kind, found.name, found.in_memory, found.writable) == ("volume", "notes-data", False, True)
    assert not found.anonymous


def test_a_read_only_bind_is_not_writable() -> None:
    found = parse(LINES, LISTED)["/etc/notes.conf"]

    assert (found.kind, found.writable, found.in_memory) == ("bind", False, False)


def test_a_tmpfs_that_the_engine_does_not_list_is_in_memory() -> None:
    found = parse(LINES, LISTED)["/scratch"]

    assert (found.kind, found.writable, found.in_memory) == ("", True, True)


def test_a_volume_under_a_name_of_64_digits_is_anonymous() -> None:
    listed = {"/notes": {"Type": "volume", "Name": "0123456789abcdef" * 4}}

    assert parse(LINES, listed)["/notes"].anonymous


def test_of_two_mounts_at_one_folder_the_later_counts() -> None:
    over = "650 640 0:99 / /notes ro,relatime - tmpfs tmpfs rw"

    assert parse([*LINES, over], {})["/notes"].in_memory

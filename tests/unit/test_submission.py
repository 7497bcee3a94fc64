"""Submissions taken in: what goes into the archive, what is left out, and what is refused."""

import io
import os
import shutil
import socket
import tarfile
from pathlib import Path

import pytest

from graders.dock import Limits, SubmissionRefused, Trouble, pack, submission


@pytest.fixture
def folder(tmp_path):
    """A submission of two files."""
    path = tmp_path / "work"
    (path / "site").mkdir(parents=True)
    (path / "start.sh").write_text("echo hello\n")
    (path / "site" / "index.html").write_text("<p>hello")
    return path


def entries(packed):
    """The entries of an archive by name."""
    with tarfile.open(fileobj=io.BytesIO(packed.archive), errors="surrogateescape") as archive:
        return {entry.name: entry for entry in archive.getmembers()}


def test_files_and_folders_are_packed_with_relative_names(folder):
    packed = pack(folder)

    assert packed.names == ("site", "site/index.html", "start.sh")
    assert tuple(entries(packed)) == packed.names
    assert packed.left_out == ()


def test_contents_come_through(folder):
    packed = pack(folder)

    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as archive:
        assert archive.extractfile("start.sh").read() == b"echo hello\n"


@pytest.mark.parametrize(
    ("text", "offline"),
    [
        ("# syntax=docker/dockerfile:1\nFROM busybox\n", "# syntax:docker/dockerfile:1\nFROM busybox\n"),
        ("#Syntax = docker.io/docker/dockerfile:1.7-labs", "#Syntax : docker.io/docker/dockerfile:1.7-labs"),
        ("printf '# syntax=docker/dockerfile:1\\nFROM x' >D", "printf '# syntax:docker/dockerfile:1\\nFROM x' >D"),
        ("# syntax=docker/dockerfiles:1", "# syntax=docker/dockerfiles:1"),
        ("# syntax=example.org/docker/dockerfile:1", "# syntax=example.org/docker/dockerfile:1"),
        ("image=docker/dockerfile:1", "image=docker/dockerfile:1"),
    ],
)
def test_without_a_registry_no_dockerfile_asks_for_dockers_own_front_end(folder, text, offline):
    (folder / "site" / "Dockerfile").write_text(text)
    packed = pack(folder)

    with tarfile.open(fileobj=io.BytesIO(packed.offline())) as archive:
        assert archive.extractfile("site/Dockerfile").read().decode() == offline
        assert archive.extractfile("start.sh").read() == b"echo hello\n"
    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as archive:
        assert archive.extractfile("site/Dockerfile").read().decode() == text


def test_everything_belongs_to_the_student_and_nothing_has_a_special_mode(folder):
    (folder / "start.sh").chmod(0o6751)
    (folder / "site").chmod(0o1777)

    found = entries(pack(folder))

    assert {(entry.uid, entry.gid) for entry in found.values()} == {(1000, 1000)}
    assert {name: entry.mode for name, entry in found.items()} == {
        "site": 0o755,
        "site/index.html": 0o644,
        "start.sh": 0o755,
    }


def test_the_archive_holds_only_files_folders_and_links(folder):
    (folder / "link").symlink_to("start.sh")
    os.mkfifo(folder / "pipe")
    os.link(folder / "start.sh", folder / "hard")

    found = entries(pack(folder))

    assert {name: entry.type for name, entry in found.items()} == {
        "hard": tarfile.REGTYPE,
        "link": tarfile.SYMTYPE,
        "site": tarfile.DIRTYPE,
        "site/index.html": tarfile.REGTYPE,
        "start.sh": tarfile.REGTYPE,
    }


def test_the_digest_is_stable(folder):
    before = pack(folder).digest
    os.utime(folder / "start.sh", (1, 1))

    assert pack(folder).digest == before
    assert len(before) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "start.sh").write_text("echo hellp\n"),
        lambda folder: (folder / "start.sh").chmod(0o755),
        lambda folder: (folder / "start.sh").rename(folder / "begin.sh"),
        lambda folder: (folder / "empty").mkdir(),
        lambda folder: (folder / "link").symlink_to("start.sh"),
    ],
    ids=["content", "mode", "name", "folder", "link"],
)
def test_the_digest_changes_with(folder, change):
    before = pack(folder).digest

    change(folder)

    assert pack(folder).digest != before


def test_the_digest_knows_a_link_from_a_file(folder):
    (folder / "x").symlink_to("start.sh")
    link = pack(folder).digest
    (folder / "x").unlink()
    (folder / "x").write_text("start.sh")

    assert pack(folder).digest != link


def test_where_a_submission_lies_does_not_change_its_digest(folder, tmp_path):
    before = pack(folder).digest

    assert pack(folder.rename(tmp_path / "elsewhere")).digest == before


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "site/../../outside", "..", "/"])
def test_a_link_that_leads_out_is_left_out_and_named(folder, target):
    (folder / "link").symlink_to(target)

    packed = pack(folder)

    assert packed.left_out == ("link: link that leads out",)
    assert "link" not in packed.names


@pytest.mark.parametrize("target", ["start.sh", "site", "./site/../start.sh", "nowhere", "."])
def test_a_link_that_stays_inside_is_kept_as_a_link(folder, target):
    (folder / "link").symlink_to(target)

    packed = pack(folder)

    assert entries(packed)["link"].linkname == target
    assert packed.left_out == ()


def test_a_folder_behind_a_link_is_not_walked(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    (folder / "link").symlink_to(outside)

    assert not any("secret" in name for name in pack(folder).names)


def test_pipes_and_sockets_are_left_out_and_named(folder):
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "door"))
        packed = pack(folder)

    assert packed.left_out == ("door: not a file", "pipe: not a file")


def test_a_file_that_becomes_a_pipe_while_it_is_read_does_not_hold_us(folder):
    os.mkfifo(folder / "pipe")

    assert submission._read(str(folder / "pipe"), 10) == b""


def test_a_name_that_is_not_utf_8_comes_through(folder):
    name = os.fsdecode(b"caf\xe9.txt")
    (folder / name).write_text("x")

    packed = pack(folder)

    assert name in packed.names
    assert name in entries(packed)
    assert b"caf\xe9.txt" in packed.archive


def test_korean_and_strange_names_come_through(folder):
    for name in ("과제.sh", "a b\n\x1b[31m", "-rf", "{x}"):
        (folder / name).write_text("x")

    assert set(entries(pack(folder))) >= {"과제.sh", "a b\n\x1b[31m", "-rf", "{x}"}


def test_a_name_that_is_too_long_is_left_out(folder):
    path = folder
    for _ in range(6):
        path = path / ("d" * 200)
    path.mkdir(parents=True)

    packed = pack(folder)

    assert [line.rpartition(": ")[2] for line in packed.left_out] == ["name too long"]


def test_an_empty_submission_is_a_submission(tmp_path):
    packed = pack(tmp_path)

    assert packed.names == ()
    assert len(packed.digest) == 64


def test_just_as_many_bytes_as_allowed_are_taken(folder):
    size = len("echo hello\n") + len("<p>hello")

    assert pack(folder, Limits(bytes=size)).names
    with pytest.raises(SubmissionRefused) as refused:
        pack(folder, Limits(bytes=size - 1))
    assert refused.value.cause == "submission_too_large"


def test_a_huge_file_is_refused_before_it_is_read(folder):
    with (folder / "huge").open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(SubmissionRefused) as refused:
        pack(folder)

    assert refused.value.cause == "submission_too_large"
    assert refused.value.facts == {"limit": "32 MB"}


def test_just_as_many_files_as_allowed_are_taken(folder):
    assert pack(folder, Limits(files=3)).names
    with pytest.raises(SubmissionRefused) as refused:
        pack(folder, Limits(files=2))
    assert (refused.value.cause, refused.value.facts) == ("submission_too_many_files", {"limit": "2"})


def test_a_missing_folder_is_a_trouble(tmp_path):
    with pytest.raises(Trouble) as raised:
        pack(tmp_path / "nowhere")

    assert raised.value.code == "submission_missing"
    assert str(tmp_path / "nowhere") in str(raised.value)


def test_a_link_to_nowhere_is_a_trouble(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")

    with pytest.raises(Trouble) as raised:
        pack(tmp_path / "link")

    assert raised.value.code == "submission_missing"


def test_a_file_is_no_submission(folder):
    with pytest.raises(Trouble) as raised:
        pack(folder / "start.sh")

    assert raised.value.code == "submission_not_a_folder"


def test_a_link_to_a_folder_is_a_submission(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)

    assert pack(tmp_path / "link").digest == pack(folder).digest


def test_a_folder_named_relatively_is_a_submission(folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert pack(Path()).digest == pack(folder).digest


@pytest.mark.parametrize("call", ["scandir", "open"])
def test_what_cannot_be_read_is_a_trouble_that_names_it(folder, monkeypatch, call):
    def denied(path, *_, **__):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(submission.os, call, denied)

    with pytest.raises(Trouble) as raised:
        pack(folder)

    assert raised.value.code == "submission_unreadable"
    assert raised.value.facts["problem"] == "Permission denied"
    assert raised.value.facts["path"].startswith(str(folder))


@pytest.mark.parametrize("problem", [PermissionError(13, "Permission denied"), OSError(36, "File name too long")])
def test_a_folder_that_cannot_even_be_looked_at_is_a_trouble(folder, monkeypatch, problem):
    def denied(*_, **__):
        raise problem

    monkeypatch.setattr(submission.Path, "exists", denied)

    with pytest.raises(Trouble) as raised:
        pack(folder)

    assert raised.value.code == "submission_unreadable"


def test_a_link_that_leads_out_by_way_of_another_is_left_out(folder):
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "up").symlink_to("../..")
    (folder / "link").symlink_to("a/b/up/../..")

    assert pack(folder).left_out == ("link: link that leads out",)


def test_a_clones_history_is_no_part_of_the_work(tmp_path):
    (tmp_path / "start.sh").write_text("true\n")
    before = pack(tmp_path)
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "app" / ".git").mkdir(parents=True)

    assert pack(tmp_path).names == ("app", "app/.git", "start.sh")
    shutil.rmtree(tmp_path / "app")
    assert pack(tmp_path) == before

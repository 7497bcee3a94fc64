"""Starter files are given out without touching a student's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.cli import main
from graders.labs import all_labs, load
from graders.starter import start


@pytest.mark.parametrize("folder", all_labs(), ids=lambda folder: folder.name)
def test_a_fresh_checkout_has_the_starter_files_in_the_work_folder(folder: Path) -> None:
    copied = start(load(folder)[0])

    assert (copied.new, copied.kept) == ((), ())
    assert copied.same


def test_a_file_of_the_students_is_kept_and_a_missing_one_is_given(tmp_path: Path) -> None:
    lab = load(next(folder for folder in all_labs() if folder.name == "networking"))[0]
    (tmp_path / "start.sh").write_text("echo mine\n")
    copied = start(lab, tmp_path)

    assert (copied.new, copied.kept) == (("clean.sh",), ("start.sh",))
    assert (tmp_path / "start.sh").read_text() == "echo mine\n"


@pytest.mark.parametrize(("language", "word"), [("en", "kept, as it is yours"), ("ko", "그대로 둠")])
def test_the_command_says_what_it_kept(
    language: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clean.sh").write_text("")

    assert main(["--lang", language, "start", "networking", "--into", str(tmp_path)]) == 0
    assert f"{word}: clean.sh" in capsys.readouterr().out

"""A result belongs to what it was made with."""

from __future__ import annotations

import re
import shutil

from graders.classes.made_with import drydock_itself, rubric_digest
from graders.labs import LABS, load


def test_a_rubric_that_changed_without_its_version_is_another_one(tmp_path):
    folder = tmp_path / "networking"
    shutil.copytree(LABS / "networking", folder, ignore=shutil.ignore_patterns("work"))
    before = rubric_digest(load(folder)[0])
    rubric = folder / "lab.toml"
    rubric.write_text(rubric.read_text("utf-8") + "# a remark\n", "utf-8")

    assert before == rubric_digest(load(LABS / "networking")[0])
    assert rubric_digest(load(folder)[0]) != before


def test_drydock_names_its_version_and_its_content():
    assert re.fullmatch(r"\S+ [0-9a-f]{12}", drydock_itself())

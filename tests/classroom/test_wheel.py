"""What pip installs without a checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS = 300
BUILT_FROM = ("graders", "labs", "pyproject.toml", "setup.py", "README.md", "LICENSE")


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=SECONDS
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, installed beside nothing of the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    run(*pip, "wheel", "--no-deps", "-w", "built", ".", folder=source)
    (wheel,) = (source / "built").glob("*.whl")
    run(*pip, "install", "--no-deps", "--target", target, wheel, folder=source)
    return target


def test_an_installed_wheel_lists_starts_and_grades_labs_in_an_empty_folder(installed, tmp_path):
    def drydock(*arguments: str) -> str:
        command = (sys.executable, "-m", "graders.cli", *arguments)
        return run(*command, folder=tmp_path, PYTHONPATH=str(installed), LC_ALL="C.UTF-8")

    where = "import graders; print(graders.__file__)"
    assert run(sys.executable, "-c", where, folder=tmp_path, PYTHONPATH=str(installed)).startswith(str(installed))
    assert "networking" in drydock("labs")
    assert "drydock watch networking" in drydock("start", "networking")
    assert {path.name for path in (ROOT / "labs" / "networking" / "starter").iterdir()} == {
        path.name for path in (tmp_path / "labs" / "networking" / "work").iterdir()
    }
    own = "from graders.grading import *; from graders.labs import *; lab, code = load(lab_folder('networking')); "
    name = own + "print(Grade(lab, code, work_folder(lab), Options())._name())"
    assert run(sys.executable, "-c", name, folder=tmp_path, PYTHONPATH=str(installed)) == "work\n"
    shutil.copytree(ROOT / "tests/submissions/networking/wrong_script_missing/work", tmp_path / "class" / "kim")
    drydock("grade", "networking", "class")
    assert list((tmp_path / "reports").rglob("scorecard.html"))


def test_an_installed_wheel_holds_every_file_of_the_package_and_the_labs(installed):
    listed = subprocess.check_output(["git", "ls-files", "graders", "labs"], cwd=ROOT, text=True).split()
    shipped = [
        path.replace("labs/", "graders/labs_as_shipped/", 1) if path.startswith("labs/") else path
        for path in listed
        if path.split("/")[2:3] != ["work"]
    ]

    assert [path for path in shipped if not (installed / path).is_file()] == []

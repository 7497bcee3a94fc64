"""Find labs and their checks on disk; there is no registry."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.rubric import RUBRIC, Lab, RubricError, read_lab
from graders.texts import shared_causes
from graders.vocabulary import functions

CHECKOUT = Path(__file__).parent.parent
SHIPPED = Path(__file__).parent / "labs_as_shipped"  # in what pip installs without a checkout
INSTALLED = SHIPPED.is_dir()
LABS = SHIPPED if INSTALLED else CHECKOUT / "labs"
HOME = Path.cwd() if INSTALLED else CHECKOUT  # where students' files and reports are
GIVEN = ("dock", "dice", "timeline")  # what a check may ask for without a scene


@dataclass(frozen=True)
class Checks:
    """The code of a lab."""

    checks: dict[str, Callable[..., Any]]
    scenes: dict[str, Callable[..., Any]]


@functools.cache
def load(folder: Path) -> tuple[Lab, Checks]:
    """Read a lab's rubric and import its checks.

    Raises:
        RubricError: the rubric is wrong, or rubric and code do not fit each other.
    """
    lab = read_lab(folder, shared_causes())
    try:
        module = importlib.import_module(lab.module)
    except ModuleNotFoundError as problem:
        if problem.name != lab.module:
            raise
        raise RubricError(f"{folder / RUBRIC}: no code: the module {lab.module} does not exist") from None
    checks = Checks(functions(module, "check"), functions(module, "scene"))
    mistakes = list(_mistakes(lab, checks))
    if mistakes:
        raise RubricError("\n".join(f"{folder / RUBRIC}: {mistake}" for mistake in mistakes))
    return lab, checks


def _mistakes(lab: Lab, code: Checks) -> list[str]:
    listed = {check.id for check in lab.checks}
    found = [f"checks.{name}: no function @check {name} in {lab.module}" for name in sorted(listed - set(code.checks))]
    found += [f"checks: @check {name} in {lab.module} is not listed here" for name in sorted(set(code.checks) - listed)]
    known = {*GIVEN, *code.scenes}
    for name, function in {**code.checks, **code.scenes}.items():
        for parameter in inspect.signature(function).parameters:
            if parameter not in known:
                found.append(f"{lab.module}.{name} asks for {parameter!r}; known: {', '.join(sorted(known))}")
    return found


def all_labs(root: Path = LABS) -> list[Path]:
    """The folders that hold a rubric, by name."""
    return sorted(path.parent for path in root.glob(f"*/{RUBRIC}"))


def work_folder(lab: Lab) -> Path:
    """Where a student's files of a lab are: below the current folder where Drydock is installed without a checkout."""
    return (HOME / "labs" / lab.id if INSTALLED and lab.folder.parent == LABS else lab.folder) / "work"


def lab_folder(name: str) -> Path:
    """The folder of a lab by its id, or by a path to it.

    Raises:
        RubricError: there is none.
    """
    for folder in (LABS / name, Path(name)):
        if (folder / RUBRIC).is_file():
            return folder.resolve()
    known = ", ".join(folder.name for folder in all_labs()) or "(none)"
    raise RubricError(f"no lab {name!r}; known: {known}")

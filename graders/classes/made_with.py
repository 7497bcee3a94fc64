"""What a result is made with, beside its images: the lab's rubric and Drydock itself, by their content."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from pathlib import Path

import graders
from graders.rubric import RUBRIC, Lab

SHORT = 12  # hexadecimal digits of a digest that is shown to people


def rubric_digest(lab: Lab) -> str:
    """A digest of a lab's rubric: one that is being written changes without its version."""
    return hashlib.sha256((lab.folder / RUBRIC).read_bytes()).hexdigest()[:SHORT]


@functools.cache
def drydock_itself() -> str:
    """The version, and a digest of the package's files: two checkouts of one version may differ."""
    package = Path(graders.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        for part in (path.relative_to(package).as_posix().encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return f"{importlib.metadata.version('drydock')} {digest.hexdigest()[:SHORT]}"

"""Run a program of our own in the dock that the dock's image does not hold."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

from graders.dock import Dock, Trouble

LONGEST = 4 << 20  # bytes of an answer


@functools.cache
def source(name: str) -> str:
    """The text of a program below recipes/inside."""
    return (resources.files("graders.dock") / "recipes" / "inside" / name).read_text("utf-8")


def command(name: str, *arguments: str) -> list[str]:
    """What to run in the dock, as its root."""
    return ["python3", "-I", "-S", "-c", source(name), *arguments]


def text_of(dock: Dock, name: str, *arguments: str, most: int = LONGEST) -> str:
    """What a program prints, at most so many bytes."""
    return dock.program(source(name), *arguments, most=most)


def answer_of(dock: Dock, name: str, question: object, *, most: int = LONGEST) -> Any:
    """The JSON answer of a program that is asked with JSON, at most so many bytes.

    Raises:
        Trouble: `dock_lost`, where there is no such answer.
    """
    text = text_of(dock, name, json.dumps(question), most=most)
    try:
        return json.loads(text)
    except ValueError:
        raise Trouble("dock_lost", problem=f"{name}: {text[-300:]}") from None

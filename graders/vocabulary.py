"""What a check is written with. Labs import it from `graders`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from graders.verdicts import Evidence

Function = TypeVar("Function", bound=Callable[..., Any])
KIND = "__drydock__"


def check(function: Function) -> Function:
    """Mark a function as a check: its name is the check's id in `lab.toml`.

    It passes by returning; otherwise it calls `fail`, `partly` or `not_assessable`. It may ask for `dock`, for
    `dice` (a `random.Random`, pinned under test), for `timeline`, and for any scene of its module, by the name
    of a parameter.
    """
    setattr(function, KIND, "check")
    return function


def scene(function: Function) -> Function:
    """Mark a function as a scene: something that several checks look at, made once for each grading.

    It may ask for the same things as a check, and may `fail`: then every check that asks for it fails so.
    """
    setattr(function, KIND, "scene")
    return function


class Outcome(Exception):
    """How a check ends when it does not pass."""


@dataclass(eq=False)
class Failed(Outcome):
    """The student's work does not do what was asked."""

    cause: str
    facts: dict[str, str]
    evidence: tuple[Evidence, ...] = ()
    share: float = 0.0  # of the points, for a part that is right


@dataclass(eq=False)
class NotAssessable(Outcome):
    """This machine cannot observe what was asked."""

    reason: str
    facts: dict[str, str]


def fail(cause: str, *, evidence: Iterable[Evidence] = (), **facts: object) -> NoReturn:
    """End a check as failed.

    Args:
        cause: one that the check lists in `lab.toml`.
        evidence: what was seen.
        facts: values for the placeholders of the cause's texts and of its command.
    """
    raise Failed(cause, {name: str(value) for name, value in facts.items()}, tuple(evidence))


def partly(share: float, cause: str, *, evidence: Iterable[Evidence] = (), **facts: object) -> NoReturn:
    """End a check with a share of its points.

    Args:
        share: from 0 (failed) to below 1.
    """
    raise Failed(cause, {name: str(value) for name, value in facts.items()}, tuple(evidence), share)


def not_assessable(reason: str, **facts: object) -> NoReturn:
    """End a check that this machine cannot observe; `reason` is a key of the lab's `[reasons]`."""
    raise NotAssessable(reason, {name: str(value) for name, value in facts.items()})


def functions(module: object, kind: str) -> dict[str, Callable[..., Any]]:
    """The checks or the scenes that a module defines, by name."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and getattr(function, KIND, "") == kind
    }

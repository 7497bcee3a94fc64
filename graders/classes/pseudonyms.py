"""Numbers in place of names: a class can be shown to anyone, and nobody on the page can be told."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace

from graders.classes.view import ClassView
from graders.verdicts import Text

NOTHING = Text.same("")


def pseudonyms(ids: Iterable[str], salt: str) -> dict[str, str]:
    """A number for each id, in an order that says nothing of ids or names.

    The same ids and salt give the same numbers. Take the ids of a whole course, so that they stay from lab to lab.

    Args:
        ids: of all students.
        salt: a secret; who knows it and the ids can tell who is who.

    Returns:
        id -> number, `01` to `60` for instance.
    """
    ordered = sorted(set(ids), key=lambda id: (_place(id, salt), id))
    digits = max(2, len(str(len(ordered))))
    return {id: f"{number:0{digits}}" for number, id in enumerate(ordered, 1)}


def _place(id: str, salt: str) -> bytes:
    return hmac.digest(salt.encode("utf-8", "surrogatepass"), id.encode("utf-8", "surrogatepass"), hashlib.sha256)


def ids_of(view: ClassView) -> set[str]:
    """Everyone's id who is on a class page."""
    found = {one.id for group in (view.students, view.errors, view.problems) for one in group}
    return found - {""}


def under_pseudonyms(view: ClassView, numbers: Mapping[str, str]) -> ClassView:
    """The same class with numbers in place of ids and names.

    Whatever people or strangers wrote freely, and what tells a student from another, is not in it: links, times,
    reasons of errors and of changed points, what is to look at in a hand-in, the command with its folder.

    Args:
        view: the class.
        numbers: id -> number, as `pseudonyms` gives them.

    Raises:
        ValueError: someone has no number.
    """
    if without := len(ids_of(view) - numbers.keys()):
        raise ValueError(f"expected a pseudonym for each student; {without} have none. Make them from all ids.")
    students = [
        replace(student, id=numbers[student.id], name="", handed_in=None, link="", reason="")
        for student in view.students
    ]
    errors = [replace(error, id=numbers[error.id], name="", reason=NOTHING) for error in view.errors]
    problems = [replace(problem, id=numbers[problem.id], what=NOTHING) for problem in view.problems if problem.id]
    return replace(
        view,
        students=tuple(sorted(students, key=lambda student: student.id)),
        errors=tuple(sorted(errors, key=lambda error: error.id)),
        problems=tuple(sorted(problems, key=lambda problem: problem.id)),
        command="",
        pseudonymous=True,
    )

"""Students as a page shows them: by name, by id, or by a pseudonym, safe to show and in order."""

from __future__ import annotations

import posixpath
import urllib.parse
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Protocol

from graders.classes.view import ClassView
from graders.scorecards.pages import Words
from graders.verdicts import visible

LONGEST_NAME = 80  # characters


class Known(Protocol):
    """Whoever has a student's id."""

    @property
    def id(self) -> str:
        """The id."""
        ...


class People:
    """Students' names in a page's language.

    Args:
        words: the page's language.
        views: the classes that are on the page.
    """

    def __init__(self, words: Words, views: Iterable[ClassView]) -> None:
        seen = tuple(views)
        self._words = words
        self._pseudonymous = any(view.pseudonymous for view in seen)
        named = [(error.id, error.name) for view in seen for error in view.errors]
        named += [(student.id, student.name) for view in seen for student in view.students]
        self._names = {id: name.strip() for id, name in named if name.strip()}

    def name(self, one: Known) -> str:
        """What people call a student: the pseudonym, else the name, else the id."""
        if self._pseudonymous:
            return self._words.say("pseudonym", number=one.id)
        return one_line(self._names.get(one.id, one.id))

    def id(self, one: Known) -> str:
        """The id, where people call the student otherwise; none where a pseudonym says it all."""
        return "" if self._pseudonymous or one.id not in self._names else one_line(one.id)

    def order(self, one: Known) -> tuple[str, str]:
        """By name, and by id where names are the same."""
        return self.name(one).casefold(), one.id


def one_line(text: str) -> str:
    """A stranger's text in visible characters on one line, cut where it is long."""
    shown = visible(text[: LONGEST_NAME + 1]).replace("\n", "␊").replace("\t", "␉")
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"


def when(handed_in: datetime | None, zone: tzinfo | None) -> str:
    """When something was handed in, in the zone of the page; empty where nobody knows."""
    return f"{handed_in.astimezone(zone):%Y-%m-%d %H:%M}" if handed_in else ""


def address(path: str, page: str = "") -> str:
    """The address of a page, for a link: a path only, whatever is in it.

    Args:
        path: as seen from another page.
        page: the path of that one, as seen from where the link stands.
    """
    joined = posixpath.join(posixpath.dirname(page), path.lstrip("/"))
    return urllib.parse.quote(joined.lstrip("/"), safe="/", errors="replace")

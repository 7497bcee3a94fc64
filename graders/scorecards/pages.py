"""What every page of ours is made of: templates that escape, one style, one script, and words in one language."""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from graders.scorecards.record import safe
from graders.texts import catalogue, interface
from graders.verdicts import LANGUAGES, Text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 8_000  # characters of one text

# What `visible` made of invisible characters, and what it and Evidence say of a cut.
_ODD = re.compile(r"((?:[\u2400-\u2421]|<U\+[0-9A-F]{4,6}>)+)|\[\.\.\. (\d+) (lines|characters) left out \.\.\.\]")
CODE = re.compile(r"`([^`\n]+)`")


class Words:
    """What templates need to speak one language.

    Args:
        language: of the whole page.
        domain: the catalogue of the page's own texts; what it lacks is taken from `interface`.
    """

    def __init__(self, language: str, domain: str = "interface") -> None:
        self.language, self._own = language, catalogue(domain)

    def say(self, key: str, **facts: object) -> str:
        """A text of the page."""
        text = self._own[key] if key in self._own else interface(key)
        return text.fill({name: str(fact) for name, fact in facts.items()}).in_language(self.language)

    def plain(self, text: Text | Mapping[str, str] | str) -> str:
        """A text in the page's language."""
        if isinstance(text, Text):
            return text.in_language(self.language)
        return text if isinstance(text, str) else text[self.language]

    def prose(self, text: Text | str) -> Markup:
        """A text in the page's language, with what stands in backticks as code."""
        parts = CODE.split(safe(self.plain(text), LONGEST))
        return Markup("").join(
            Markup("<code>{}</code>").format(self.shown(part)) if number % 2 else self.shown(part)
            for number, part in enumerate(parts)
        )

    def shown(self, text: str) -> Markup:
        """A text with its invisible characters marked, and what is said of a cut in the page's language."""
        text = safe(text, LONGEST)
        parts, end = [], 0
        for match in _ODD.finditer(text):
            parts += [escape(text[end : match.start()]), self._odd(match)]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])

    def _odd(self, match: re.Match[str]) -> Markup:
        if match[1]:
            return Markup('<span class="odd">{}</span>').format(match[1])
        return Markup('<span class="cut">{}</span>').format("… " + self.say(f"{match[3]}_left_out", count=match[2]))


def write_page(words: Words, template: Path, pages: Mapping[str, str], *, look: str, **facts: object) -> str:
    """A page from its template.

    Args:
        words: the page's language.
        template: a template that extends `base.html`.
        pages: language -> file name of the page in it, for the links to the others.
        look: name of the style and the script beside the template; they come after those that all pages share.
        facts: what the template shows.
    """
    others = [
        (speech, pages[speech], interface("other_language").in_language(words.language))
        for speech in LANGUAGES
        if speech != words.language
    ]
    parts = {}
    for part, ending in (("style", ".css"), ("script", ".js")):
        parts[part] = _joined(TEMPLATES / f"base{ending}", template.with_name(look + ending))
        parts[f"{part}_hash"] = Markup(_hash(parts[part]))  # noqa: S704 - base64
    spoken = {"say": words.say, "plain": words.plain, "prose": words.prose, "shown": words.shown}
    helpers = {"moment": moment, "number": number, "language": words.language, "others": others}
    found = environment(template.parent).get_template(template.name)
    return found.render({**parts, **spoken, **helpers, **facts})


def page_names(page: str, language: str) -> dict[str, str]:
    """Language -> name of the file: `page.html` is in the chosen language, `page.ko.html` in another one."""
    return {speech: f"{page}.html" if speech == language else f"{page}.{speech}.html" for speech in LANGUAGES}


@functools.cache
def _joined(*files: Path) -> Markup:
    return Markup("".join(file.read_text("utf-8") for file in files))  # noqa: S704 - files of ours


@functools.cache
def _hash(text: str) -> str:
    """What the page's policy calls a style or a script (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@functools.cache
def environment(folder: Path) -> Environment:
    """The templates of a folder, and those that all pages share."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, for most commands write no page

    return Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalize(value: Any) -> Any:
    """Every text that a template inserts is made safe to read, after which autoescape makes it safe to show."""
    return safe(value, LONGEST) if isinstance(value, str) and not hasattr(value, "__html__") else value


def moment(started: str) -> str:
    """A time as people read it: 2025-11-24 07:25:10 (UTC+09:00)."""
    try:
        when = datetime.datetime.fromisoformat(started).replace(microsecond=0)
    except ValueError:
        return started
    zone = f" (UTC{when.isoformat()[19:]})" if when.tzinfo else ""
    return f"{when:%Y-%m-%d %H:%M:%S}{zone}"


def number(value: float, digits: int = 2) -> str:
    """A number without needless zeros: 12.5, 100."""
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".") if digits and value % 1 else f"{value:.0f}"

"""Texts for people, as data in English and Korean: gettext catalogues, whose msgids are keys."""

from __future__ import annotations

import functools
import locale
import os
from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

from graders.rubric import Cause, read_causes
from graders.verdicts import LANGUAGES, Text

HERE = Path(__file__).parent


@functools.cache
def catalogue(domain: str) -> dict[str, Text]:
    """The texts of one domain by their keys, from `locale/<language>/LC_MESSAGES/<domain>.po`.

    Raises:
        KeyError: a language lacks a text that another has.
        babel.messages.pofile.PoFileError: a catalogue is malformed.
    """
    languages = {language: _messages(language, domain) for language in LANGUAGES}
    keys = {key for messages in languages.values() for key in messages}
    return {key: Text(**{language: messages[key] for language, messages in languages.items()}) for key in keys}


def _messages(language: str, domain: str) -> dict[str, str]:
    path = HERE / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        read = read_po(file, locale=language, ignore_obsolete=True, abort_invalid=True)
    return {str(entry.id): str(entry.string) for entry in read if entry.id and entry.string and not entry.fuzzy}


@functools.cache
def shared_causes() -> dict[str, Cause]:
    """The causes that all labs share."""
    return read_causes(HERE / "causes.toml")


def interface(key: str) -> Text:
    """A text of the terminal, the card or the command line."""
    return catalogue("interface")[key]


def text(key: str, **facts: object) -> Text:
    """A text of the command line.

    Args:
        key: a msgid of the catalogue `doctor`.
        facts: the values of its placeholders.
    """
    return catalogue("doctor")[key].fill({name: str(value) for name, value in facts.items()})


def trouble(code: str, facts: Mapping[str, str]) -> Text:
    """What to say of a machine's trouble."""
    return catalogue("troubles")[code].fill(facts)


def policy_reasons(language: str) -> dict[str, str]:
    """What a dock's policy says when it refuses, for each of its rules."""
    return {rule: text.in_language(language) for rule, text in catalogue("policy").items()}


def language(asked: str | None = None) -> str:
    """The language to speak: the one asked for, else the locale's where we have it, else English."""
    if asked and asked != "auto":
        return asked
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return value[:2] if value[:2] in LANGUAGES else "en"
    return "ko" if (locale.getlocale()[0] or "").startswith(("ko", "Korean")) else "en"

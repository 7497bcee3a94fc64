"""Texts for people, as data in English and Korean."""

from __future__ import annotations

import functools
import locale
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from graders.rubric import Cause, read_causes
from graders.verdicts import LANGUAGES, Text

HERE = Path(__file__).parent


@functools.cache
def _read(name: str) -> dict[str, Text]:
    entries = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    return {key: Text(**entry) for key, entry in entries.items()}


@functools.cache
def shared_causes() -> dict[str, Cause]:
    """The causes that all labs share."""
    return read_causes(HERE / "causes.toml")


def interface(key: str) -> Text:
    """A text of the terminal, the card or the command line."""
    return _read("interface")[key]


def trouble(code: str, facts: Mapping[str, str]) -> Text:
    """What to say of a machine's trouble."""
    return _read("troubles")[code].fill(facts)


def policy_reasons(language: str) -> dict[str, str]:
    """What a dock's policy says when it refuses, for each of its rules."""
    return {rule: text.in_language(language) for rule, text in _read("policy").items()}


def language(asked: str | None = None) -> str:
    """The language to speak: the one asked for, else the locale's where we have it, else English."""
    if asked and asked != "auto":
        return asked
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return value[:2] if value[:2] in LANGUAGES else "en"
    return "ko" if (locale.getlocale()[0] or "").startswith(("ko", "Korean")) else "en"

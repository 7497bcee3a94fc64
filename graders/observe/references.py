"""Image references: random ones with what they mean, and what a program of the student's makes of them."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from graders.dock import Dock, Ran

DEFAULT_REGISTRY = "docker.io"
OFFICIAL = "library/"
DEFAULT_TAG = "latest"
PARTS = ("registry", "repository", "tag", "digest")

# What a wrong answer may show, the clearest first.
MISCONCEPTIONS = (
    "port_as_tag",
    "digest_as_tag",
    "port_not_seen",
    "localhost_as_user",
    "user_as_registry",
    "name_as_registry",
    "official_everywhere",
    "short_name_not_expanded",
    "tag_not_seen",
    "default_tag_wrong",
    "reference_misread",
)

# Runs the script for each reference, a line that nobody could know before each answer, until one run fails.
EACH = (
    'mark=$1; shift; for reference; do printf "\\n%s %s\\n" "$mark" "$reference"; bash "$0" "$reference" || exit; done'
)


@dataclass(frozen=True)
class Parts:
    """The parts of a reference; empty where it has none."""

    registry: str
    repository: str
    tag: str
    digest: str

    def says(self) -> str:
        """The parts, a line each."""
        return "\n".join(f"{name}={value}" for name, value in asdict(self).items())


@dataclass(frozen=True)
class Reference:
    """A reference as it is written, and what it means."""

    text: str
    means: Parts


@dataclass(frozen=True)
class Read:
    """What a program made of references, in their order; None where it did not print all the parts."""

    ran: Ran
    parts: tuple[Parts | None, ...]


def references(dice: random.Random) -> tuple[Reference, ...]:
    """References of all kinds, with names that nobody could know before, in random order."""
    port = str(dice.randrange(2000, 30000))
    host = f"{_word(dice)}.example.{dice.choice(('com', 'org', 'kr'))}"
    tag = f"{dice.randrange(1, 20)}.{dice.randrange(10)}-rc{dice.randrange(10)}"
    digest = f"sha256:{dice.getrandbits(256):064x}"
    user, name, folder, short = (_word(dice) for _ in range(4))
    texts = [
        name,
        f"{name}:{tag}",
        f"{name}:{port}",  # a tag of digits alone
        f"{user}/{name}",
        f"{user}/{name}:{tag}",
        f"{user}/{folder}/{name}:{tag}",
        f"{short}.{folder}:{tag}",  # a dot, and no slash that would end a registry
        f"{user}/{name}.{folder}",
        f"{DEFAULT_REGISTRY}/{name}",
        f"{DEFAULT_REGISTRY}/{user}/{name}:{tag}",
        f"{host}/{name}",
        f"{host}/{user}/{folder}/{name}:{tag}",
        f"{host}:{port}/{name}",
        f"{host}:{port}/{user}/{name}:{tag}",
        f"{short}:{port}/{user}/{name}",
        f"localhost/{name}:{tag}",
        f"localhost:{port}/{name}",
        f"127.0.0.1:{port}/{name}:{tag}",
        f"{name}@{digest}",
        f"{user}/{name}:{tag}@{digest}",
        f"{host}:{port}/{user}/{name}@{digest}",
        f"{host}:{port}/{name}:{tag}@{digest}",
    ]
    dice.shuffle(texts)
    return tuple(Reference(text, parts(text)) for text in texts)


def parts(text: str) -> Parts:
    """What a valid reference means (https://pkg.go.dev/github.com/distribution/reference)."""
    named, _, digest = text.partition("@")
    first, slash, rest = named.partition("/")
    has_registry = bool(slash) and (any(sign in first for sign in ".:") or first == "localhost")
    registry, path = (first, rest) if has_registry else (DEFAULT_REGISTRY, named)
    repository, _, tag = path.partition(":")
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = OFFICIAL + repository
    return Parts(registry, repository, tag or ("" if digest else DEFAULT_TAG), digest)


def read(dock: Dock, script: str, wanted: Sequence[Reference], mark: str, seconds: float) -> Read:
    """Run a script of the student's once for each reference, its only argument.

    Args:
        mark: a text that nobody could know before, which parts the answers.
        seconds: the time limit of all runs together.
    """
    texts = [reference.text for reference in wanted]
    ran = dock.run("bash", "-c", EACH, script, mark, *texts, seconds=seconds)
    answers = {}
    for answer in ran.output.split(f"\n{mark} ")[1:]:
        text, _, said = answer.partition("\n")
        answers[text] = _parts_of(said)
    shown = replace(ran, command=("bash", script, "REFERENCE"), output=ran.output.replace(f"\n{mark} ", "\n# "))
    return Read(shown, tuple(answers.get(text) for text in texts))


def _parts_of(said: str) -> Parts | None:
    """The parts that lines such as `tag=1.2` give; other lines do not matter, of two the last does."""
    lines = [line.partition("=") for line in said.splitlines()]
    found = {name.strip(): value.strip() for name, sign, value in lines if sign and name.strip() in PARTS}
    return Parts(**found) if set(found) == set(PARTS) else None


def _word(dice: random.Random) -> str:
    """A word of letters."""
    return "".join(dice.choices(string.ascii_lowercase, k=7))


def misconception(means: Parts, seen: Parts, part: str) -> str:
    """What a wrong part shows: one of MISCONCEPTIONS."""
    host, _, port = means.registry.partition(":")
    if port and (seen.tag.startswith(port) or (seen.registry == host and part == "registry")):
        return "port_as_tag"
    if means.digest and (means.digest.partition(":")[2] in seen.tag or seen.digest != means.digest):
        return "digest_as_tag"
    if means.tag and seen.repository.endswith(f":{means.tag}"):
        return "tag_not_seen"
    if part == "tag":
        return "default_tag_wrong" if {means.tag, seen.tag} == {DEFAULT_TAG, ""} else "reference_misread"
    if port and seen.registry == DEFAULT_REGISTRY and seen.repository.startswith(means.registry):
        return "port_not_seen"
    if means.registry == "localhost" and seen.registry != means.registry:
        return "localhost_as_user"
    first = means.repository.partition("/")[0]
    if means.registry == DEFAULT_REGISTRY and seen.registry == first and f"{first}/" != OFFICIAL:
        return "user_as_registry"
    if means.registry == DEFAULT_REGISTRY and (OFFICIAL + seen.registry).startswith(means.repository):
        return "name_as_registry"
    if seen.repository == OFFICIAL + means.repository:
        return "official_everywhere"
    if means.registry == DEFAULT_REGISTRY and (not seen.registry or OFFICIAL + seen.repository == means.repository):
        return "short_name_not_expanded"
    return "reference_misread"

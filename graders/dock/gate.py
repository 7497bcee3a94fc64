"""The gate: what an engine's own answers tell of it, before anything is started in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TRIED = ("20.10", "26.1")  # versions of the outer engine in which docks were started
# Escapes from a container: https://github.com/opencontainers/runc/security/advisories
RUNC_ESCAPES = (
    ("CVE-2024-21626", ((1, 1, 12),)),
    ("CVE-2025-31133, CVE-2025-52565, CVE-2025-52881", ((1, 2, 8), (1, 3, 3), (1, 4, 0))),
)
# Containers reach Docker Desktop's engine without asking: https://docs.docker.com/security/security-announcements/
DESKTOP_ESCAPE, DESKTOP_MENDED = "CVE-2025-9074", (4, 44, 3)
PATCHED_BY = re.compile(r"deb|ubuntu|\+ds|dfsg|\.el\d|\.fc\d|amzn|suse|-r\d", re.IGNORECASE)
LOCAL = ("unix://", "npipe://", "http+unix://")


@dataclass(frozen=True)
class Remark:
    """Something about the engine that whoever grades must know; the key with `_mend` says what to do."""

    key: str  # a msgid of the catalogue `doctor`
    facts: Mapping[str, str] = field(default_factory=dict)


def remarks(version: Mapping[str, Any], info: Mapping[str, Any], where: str) -> Iterator[Remark]:
    """What to say about an engine that is one.

    Args:
        version: the answer of `GET /version`.
        info: the answer of `GET /info`.
        where: the engine's address, as DOCKER_HOST has it; empty for the default one.
    """
    number = str(version.get("Version", ""))
    if not number.startswith(tuple(f"{tried}." for tried in TRIED)):
        yield Remark("engine_untried", {"version": number or "?", "tried": ", ".join(TRIED)})
    yield from _runc(version)
    if is_desktop(info):
        yield from _desktop(version)
    if where and not where.startswith(LOCAL) and not _loops_back(where):
        yield Remark("engine_remote", {"where": where})
    proxy = info.get("HttpsProxy") or info.get("HttpProxy")
    if proxy:
        yield Remark("engine_proxy", {"proxy": _without_password(str(proxy))})


def is_desktop(info: Mapping[str, Any]) -> bool:
    """Whether the engine is Docker Desktop's, in a virtual machine of its own."""
    return info.get("OperatingSystem") == "Docker Desktop"


def _runc(version: Mapping[str, Any]) -> Iterator[Remark]:
    seen = next((part["Version"] for part in version.get("Components") or () if part.get("Name") == "runc"), "")
    unmended = [(escape, mended) for escape, mended in RUNC_ESCAPES if seen and not _has(_numbers(seen), mended)]
    if unmended:
        key = "runc_perhaps_patched" if PATCHED_BY.search(seen) else "runc_escape"
        wanted = ", ".join(".".join(map(str, numbers)) for numbers in unmended[-1][1])
        yield Remark(key, {"seen": seen, "escape": ", ".join(escape for escape, _ in unmended), "wanted": wanted})


def _has(seen: tuple[int, ...], mended: tuple[tuple[int, ...], ...]) -> bool:
    """Whether a version is at or after the mended one of its own series, or is of a series after all of them."""
    same = [numbers for numbers in mended if numbers[:2] == seen[:2]]
    return seen >= (same[0] if same else max(mended))


def _desktop(version: Mapping[str, Any]) -> Iterator[Remark]:
    name = str((version.get("Platform") or {}).get("Name", ""))
    seen = _numbers(name)
    if seen and seen < DESKTOP_MENDED:
        wanted = ".".join(map(str, DESKTOP_MENDED))
        yield Remark("desktop_escape", {"seen": name, "escape": DESKTOP_ESCAPE, "wanted": wanted})
    else:
        yield Remark("desktop_untried", {"seen": name or "Docker Desktop"})


def _numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _loops_back(where: str) -> bool:
    return re.match(r"\w+://(localhost|127\.[\d.]+|\[::1\])(:|/|$)", where) is not None


def _without_password(proxy: str) -> str:
    return re.sub(r"//[^@/]*@", "//…@", proxy)

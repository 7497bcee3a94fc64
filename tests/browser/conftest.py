"""A real Chromium: playwright's own where it is installed, else the system's, else, as root on Debian, a new one."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

# What `text-spacing` and the like leave to taste is no violation; all rules of WCAG 2.2, A and AA, are asked for. What
# else axe has to say of each element that is right takes a third of its time.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLORS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
INSTALL = (
    "apt-get",
    "install",
    "--yes",
    "--quiet",
    "--no-install-recommends",
    "chromium-headless-shell",
    "fonts-noto-cjk",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_chromium(playwright), args=["--no-sandbox"])
        yield started
        started.close()


def find_chromium(playwright: Playwright) -> str:
    """The path of a Chromium; the test fails where there is none and none can be installed."""
    own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    if not (found := _on_path()) and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = _on_path()
    assert found, "no Chromium; run: .venv/bin/playwright install chromium"
    return found


def _install() -> None:
    """Install one with Debian's packages; of the processes of a run the first one does, the others wait for it."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "drydock-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in () if _on_path() else (("apt-get", "update", "--quiet"), INSTALL):
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=900)


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a file in a browser of its own settings; whatever it asks the network for fails the test."""
    opened = []

    def opening(path: Path, **settings: Any) -> Page:
        context = browser.new_context(**settings)
        page = context.new_page()
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda problem: said.append(str(problem)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri())
        opened.append((context, page, path, asked, said))
        return page

    yield opening
    for context, _, path, asked, said in opened:
        context.close()
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert said == []


@pytest.fixture(scope="session")
def violations() -> Callable[..., list[str]]:
    """What axe-core finds wrong with a page, or with its colours only, a line for each."""
    axe = Axe()

    def find(page: Page, *, colors: bool = False) -> list[str]:
        found = axe.run(page, options=COLORS if colors else RULES).response["violations"]
        return [
            f"{one['id']}: {node['html'][:200]}: {node['failureSummary']}" for one in found for node in one["nodes"]
        ]

    return find

"""What the tests share."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CLEAN_SECONDS = 30
lines_key = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line in the summary at the end of the run."""
    return request.config.stash.setdefault(lines_key, []).append


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], object], float], None]:
    """Wait until a function returns something true, and fail with what it returned last when the time is up."""

    def wait(condition: Callable[[], object], seconds: float = CLEAN_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not (seen := condition()):
            assert time.monotonic() < deadline, f"not within {seconds} s; last seen: {seen!r}"
            time.sleep(0.05)  # between two looks at the condition

    return wait


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, and so what tests start does: whoever runs them in the background of a shell ignores it."""
    config.pluginmanager.register(_Lines())
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning is an error in our own tests; a student's grade must not depend on one."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)


class _Lines:
    """Brings the lines of tests that ran in another process to the one that prints the summary."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        node.config.stash.setdefault(lines_key, []).extend(getattr(node, "workeroutput", {}).get("lines", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the lines over, where this is one of several processes."""
    if output := getattr(session.config, "workeroutput", None):
        output["lines"] = session.config.stash.get(lines_key, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(lines_key, []):
        terminalreporter.write_line(line)

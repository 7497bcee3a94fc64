"""What the tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
lines_key = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line in the summary at the end of the run."""
    return request.config.stash.setdefault(lines_key, []).append


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning is an error in our own tests; a student's grade must not depend on one."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(lines_key, []):
        terminalreporter.write_line(line)

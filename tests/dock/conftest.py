"""What the tests against a real engine share."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from graders.dock import watcher
from graders.dock.engine import engine
from graders.grading import Grade, Options
from graders.labs import LABS, load
from graders.verdicts import Scorecard, Verdict

REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"


@pytest.fixture(scope="session")
def gateway_of() -> Callable[[str], str]:
    """The address of this machine in a network of the outer engine."""

    def find(network: str) -> str:
        (config,) = engine().api.inspect_network(network)["IPAM"]["Config"]
        # An engine may tell of the one that it chose itself only once it was started again: it is the first.
        return config.get("Gateway") or str(ipaddress.ip_network(config["Subnet"])[1])

    return find


@pytest.fixture(scope="session")
def own_containers() -> Callable[[], list[str]]:
    """The names of the containers that this process has started on the outer engine."""

    def names() -> list[str]:
        label = f"{watcher.RUN_LABEL}={watcher.run_id()}"
        return [container["Names"][0] for container in engine().api.containers(all=True, filters={"label": label})]

    return names


@pytest.fixture
def hand_in(tmp_path: Path) -> Callable[..., Path]:
    """Make a submission: the reference, with code before its start.sh or with other scripts."""

    def make(*, before: str = "", after: str = "", scripts: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / "handed-in"
        folder.mkdir()
        texts = {path.name: path.read_text() for path in REFERENCE.iterdir()}
        texts["start.sh"] = before + "\n" + texts["start.sh"] + "\n" + after
        for name, text in {**texts, **(scripts or {})}.items():
            (folder / name).write_text(text)
        return folder

    return make


@pytest.fixture
def grade() -> Callable[..., Scorecard]:
    """Grade a folder as a submission of the networking lab."""

    def run(folder: Path, *only: str) -> Scorecard:
        lab, code = load(LABS / "networking")
        return Grade(lab, code, folder, Options(seed=7, only=frozenset(only) or None)).finish()

    return run


@pytest.fixture(scope="session")
def outcomes() -> Callable[[Scorecard], dict[str, str]]:
    """Check -> verdict and cause, as expected.toml words them; blocked checks are left out."""

    def summarise(card: Scorecard) -> dict[str, str]:
        return {
            result.check: f"{result.verdict}: {result.finding.cause}" if result.finding else str(result.verdict)
            for result in card.results
            if result.verdict is not Verdict.BLOCKED
        }

    return summarise


@pytest.fixture(scope="session")
def speaks_both() -> Callable[[Scorecard], bool]:
    """Whether all that a card tells of failures and errors is there in English and in Korean."""

    def check(card: Scorecard) -> bool:
        texts = [result.title for result in card.results]
        for result in card.results:
            texts += [result.reason] if result.reason else []
            if finding := result.finding:
                texts += [finding.wrong, finding.why, finding.try_, finding.expected, finding.seen]
        return bool(texts) and all(text.en.strip() and text.ko.strip() for text in texts)

    return check


@pytest.fixture(scope="session")
def watchers_of() -> Callable[[int], list[tuple[int, str]]]:
    """The living watchers that a process has started, each as its number and when it started."""

    def find(process: int) -> list[tuple[int, str]]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                command = (folder / "cmdline").read_text()
            except OSError:
                continue
            if int(fields[1]) == process and "watcher.py" in command:
                found.append((int(folder.name), fields[19]))
        return found

    return find

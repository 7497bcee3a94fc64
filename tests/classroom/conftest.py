"""Runs the composite action as GitHub's runner does (https://github.com/actions/runner, in `src/Runner.Worker`)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
ACTION = Path(".github", "actions", "grade", "action.yml")
SECONDS = 300  # for one step
COMMAND = re.compile(
    r"^\s*::([a-z-]+|[0-9a-f]{32})(?: ([^:]*))?::(.*)|##\[([a-z-]+)(?: ([^\]]*))?\](.*)$", re.IGNORECASE
)


@dataclass
class Job:
    """What came of the action."""

    outputs: dict[str, str] = field(default_factory=dict)
    failed: str = ""  # the step that failed
    log: str = ""
    summary: str = ""
    artifacts: dict[str, Path] = field(default_factory=dict)

    @property
    def commands(self) -> list[tuple[str, str, str]]:
        """The workflow commands that the runner obeys: each its name, its properties and its text."""
        obeyed, stopped = [], ""
        for line in self.log.splitlines():
            if not (match := COMMAND.search(line)):
                continue
            name, properties, text = (group or "" for group in match.groups()[slice(3) if match[1] else slice(3, 6)])
            if stopped:
                stopped = "" if name == stopped else stopped
            elif name == "stop-commands":
                stopped = text
            else:
                obeyed.append((name, properties, text))
        return obeyed

    def said(self, kind: str) -> list[str]:
        """The texts of the annotations of one kind."""
        return [text for name, _, text in self.commands if name == kind]


def evaluate(expression: str, context: Mapping[str, str]) -> str | bool:
    """The expressions that the action has: a value, or whether a value differs from a text."""
    name, unequal, text = expression.partition(" != ")
    value = context.get(name, "")
    return value != text.strip("'") if unequal else value


def fill(text: str, context: Mapping[str, str]) -> str:
    """A text of the action with its expressions replaced."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: str(evaluate(match[1], context)), text)


def pairs(path: Path) -> dict[str, str]:
    """What a step wrote into one of the runner's files."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


class Runner:
    """A runner with a folder of its own for what outlives a step."""

    def __init__(self, temporary: Path) -> None:
        self.temporary = temporary
        self.files = 0

    def file(self) -> Path:
        """A new empty file."""
        self.files += 1
        path = self.temporary / f"_runner_file_commands_{self.files}"
        path.touch()
        return path

    def run(
        self,
        workspace: Path,
        inputs: Mapping[str, str],
        environment: Mapping[str, str],
        *,
        root: Path = ROOT,
        without: Collection[str] = (),
    ) -> Job:
        """Run the action's steps in order.

        Args:
            workspace: where the student's repository is.
            inputs: as a workflow gives them.
            environment: the job's, beside what a runner sets.
            root: the checkout that the action is in.
            without: ids of steps to leave out, as if what they do had been in vain.
        """
        action = YAML(typ="safe").load(root / ACTION)
        job, context = Job(), {}
        for name, settings in action["inputs"].items():
            assert name in inputs or not settings.get("required"), name
            context[f"inputs.{name}"] = inputs.get(name, settings.get("default", ""))
        assert set(inputs) <= set(action["inputs"])
        for step in action["runs"]["steps"]:
            wanted = evaluate(step["if"].removeprefix("${{ ").removesuffix(" }}"), context) if "if" in step else True
            if not wanted or step.get("id") in without:
                continue
            if "uses" in step:
                given = {key: fill(value, context) for key, value in step["with"].items()}
                job.artifacts[given["name"]] = Path(given["path"])
            elif self.step(step, job, context, workspace, environment, (root / ACTION).parent):
                job.failed = step["name"]
                break
        job.outputs = {name: fill(output["value"], context) for name, output in action["outputs"].items()}
        return job

    def step(
        self, step: Any, job: Job, context: dict[str, str], workspace: Path, more: Mapping[str, str], action: Path
    ) -> int:
        """Run one step's script, and take in what it wrote."""
        assert step["shell"] == "bash"
        script, output, summary = self.file(), self.file(), self.file()
        script.write_text(fill(step["run"], context))
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=workspace,
            env={
                **os.environ,
                **more,
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(action),
                "GITHUB_WORKSPACE": str(workspace),
                "GITHUB_ENV": str(self.file()),
                "GITHUB_PATH": str(self.file()),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(self.temporary),
                **{name: fill(value, context) for name, value in step["env"].items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        job.log += ran.stdout
        job.summary += summary.read_text()
        for name, value in pairs(output).items():
            context[f"steps.{step.get('id')}.outputs.{name}"] = value
        return ran.returncode


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner."""
    (tmp_path / "_temp").mkdir()
    return Runner(tmp_path / "_temp")


@pytest.fixture
def grade(runner: Runner) -> Callable[..., Job]:
    """Run the action on a student's repository."""

    def run(repository: Path, *, environment: Mapping[str, str] | None = None, **more: Any) -> Job:
        inputs = {"lab": "networking", "docker-host": os.environ.get("DOCKER_HOST", ""), **more.pop("inputs", {})}
        return runner.run(repository, inputs, environment or {}, **more)

    return run

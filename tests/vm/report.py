"""What a run of the virtual machine has shown, as a page for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LABELS = {
    "system": "System",
    "kernel": "Kernel",
    "engine": "Docker engine",
    "runc": "runc",
    "cgroups": "cgroups",
    "security": "Security options",
    "python": "Python",
    "processors": "Processors",
    "ipvs": "IPVS",
}
INTRODUCTION = """\
# Drydock on a machine with cgroup v2 and AppArmor

The last run of `nice -n 19 .venv/bin/python -m tests.vm FOLDER` as root: a virtual machine made of Debian 13's own
packages, without a network, into which an offline kit was loaded. Each lab's reference must come to the verdicts of its
`expected.toml`. This page is written by that run; it is renewed by hand, and `.github/workflows/vm.yml` runs it weekly.
"""
NOTES = {
    "kvm": "",
    "user-mode": """\
The machine was Debian's User-mode Linux: its kernel of the same source, with cgroup v2, AppArmor and IPVS, that runs as
a program. It has one processor and no nftables, so `iptables-legacy` made Docker's rules. Time passes as elsewhere, but
each system call costs more, and whatever else ran on the host slowed it.
""",
    "emulation": """\
Seconds are those of the machine's own clock. It was emulated in software, and its clock counts instructions (one a
nanosecond for both processors together), so they compare with each other, not with seconds elsewhere.
""",
}


@dataclass
class Step:
    """One step of the plan, as far as it was heard of."""

    name: str
    exit: int | None = None  # of its command; none where it did not end
    seconds: float | None = None  # of the machine's clock
    said: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """In a word or two."""
        if self.seconds is None:
            return "did not end"
        words = {0: "as expected"}
        return words.get(self.exit or 0, f"NOT as expected (exit code {self.exit})")


class Report:
    """Gathers a run's events.

    Args:
        planned: the names of all steps.
        facts: of this run, beside what the machine tells of itself; a label and a value each.
    """

    def __init__(self, planned: Iterable[str], facts: Mapping[str, str]) -> None:
        self.planned, self.facts = tuple(planned), dict(facts)
        self.steps: dict[str, Step] = {}
        self.machine: dict[str, str] = {}
        self.problem = ""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take an event of `tests.vm.inside`."""
        match event:
            case {"kind": "machine", **facts}:
                self.machine = {key: str(value) for key, value in facts.items()}
            case {"kind": "began", "step": name}:
                self.steps[name] = Step(name)
            case {"kind": "said", "step": name, "line": line}:
                self.steps[name].said += (line,)
            case {"kind": "ended", "step": name, "exit": code, "seconds": seconds}:
                self.steps[name].exit, self.steps[name].seconds = code, seconds
            case {"kind": "broken", "problem": problem}:
                self.problem = problem

    @property
    def good(self) -> bool:
        """Whether each step ended as expected."""
        return all(name in self.steps and self.steps[name].exit == 0 for name in self.planned)

    def page(self) -> str:
        """In Markdown."""
        return "\n".join((INTRODUCTION, *self._facts(), "", *self._table(), "", self._note(), *self._details()))

    def _facts(self) -> Iterator[str]:
        yield "| what | seen |"
        yield "|---|---|"
        for label, value in self.facts.items():
            yield f"| {label} | {value} |"
        for key, label in LABELS.items():
            yield f"| {label} | {self.machine.get(key, 'not told')} |"

    def _table(self) -> Iterator[str]:
        yield "| step | outcome | seconds |"
        yield "|---|---|---|"
        for name in self.planned:
            step = self.steps.get(name)
            seconds = "" if step is None or step.seconds is None else f"{step.seconds:g}"
            yield f"| {name} | {step.outcome if step else 'not run'} | {seconds} |"

    def _note(self) -> str:
        return NOTES[self.facts["Machine"]]

    def _details(self) -> Iterator[str]:
        if self.problem:
            yield f"The run broke: `{self.problem}`\n"
        for step in self.steps.values():
            if lines := kept(step):
                yield "\n".join((f"## {step.name}", "", "```text", *lines, "```", ""))


def kept(step: Step) -> list[str]:
    """The lines of a step that tell something: of the tests only those that were not passed, and their sum."""
    if step.name == "attacks":
        return [line for line in step.said if re.search(r"FAILED|ERROR|^E  |\d (passed|failed)", line)]
    return [line for line in step.said if line]

"""Workflows, action, templates and manual fit each other; zizmor and the schemas check each alone (see .ci/run)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "templates" / "classroom"
WORKFLOWS = sorted([*(ROOT / ".github" / "workflows").glob("*.yml"), *TEMPLATES.glob("*.yml")])
SHARED = ("lab", "submission", "egress", "language", "fail-on", "minutes")


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


ACTION = read(ROOT / ".github" / "actions" / "grade" / "action.yml")
REUSABLE = read(ROOT / ".github" / "workflows" / "grade.yml")["on"]["workflow_call"]


def calls(workflow: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that a workflow uses, with what it gives to it."""
    for job in workflow["jobs"].values():
        for place in (job, *job.get("steps", [])):
            if "uses" in place:
                yield place["uses"], place.get("with", {})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_workflow_gives_only_inputs_that_there_are(path):
    for uses, given in calls(read(path)):
        known = ACTION if "/actions/grade" in uses else REUSABLE if "/workflows/grade.yml" in uses else None
        if known:
            assert set(given) <= set(known["inputs"])
            assert {name for name, settings in known["inputs"].items() if settings.get("required")} <= set(given)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_checkout_keeps_no_credentials_and_each_job_may_only_read(path):
    workflow = read(path)

    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [{"contents": "read"}] * len(workflow["jobs"])
    for uses, given in calls(workflow):
        assert "actions/checkout@" not in uses or given["persist-credentials"] is False


def test_the_reusable_workflow_passes_everything_on():
    (given,) = (
        given
        for uses, given in calls({"jobs": read(ROOT / ".github" / "workflows" / "grade.yml")["jobs"]})
        if "$/" in uses
    )

    assert given == {name: f"${{{{ inputs.{name} }}}}" for name in SHARED}
    for name in SHARED:
        assert str(REUSABLE["inputs"][name].get("default")) == str(ACTION["inputs"][name].get("default"))
    assert set(REUSABLE["outputs"]) == set(ACTION["outputs"])


def test_the_reporter_gets_the_result_under_the_name_that_it_looks_for():
    (job,) = read(TEMPLATES / "github-classroom.yml")["jobs"].values()
    grade, reporter = job["steps"][-2:]

    # https://github.com/classroom-resources/autograding-grading-reporter/blob/main/src/main.js
    assert reporter["with"]["runners"] == grade["id"]
    assert reporter["env"] == {f"{grade['id'].upper()}_RESULTS": f"${{{{ steps.{grade['id']}.outputs.result }}}}"}


@pytest.mark.parametrize("manual", ["classroom.md", "classroom.ko.md"])
def test_the_manual_tells_every_input_and_output_of_the_action(manual):
    rows = re.findall(r"^\| (`.+?`) \|", (ROOT / "docs" / manual).read_text("utf-8"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}

    assert told == set(ACTION["inputs"]) | set(ACTION["outputs"])

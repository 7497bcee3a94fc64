"""The report of the virtual machine, and what both of its sides agree on."""

from __future__ import annotations

from tests.vm.disks import ROOT, System
from tests.vm.inside import PLACE, Plan
from tests.vm.machine import EMULATION, KVM, Machine
from tests.vm.report import Report

PLAN = Plan(("networking", "volumes"), attacks=True)
STEPS = [name for name, _ in PLAN.steps()]


def heard(*events: dict[str, object]) -> Report:
    report = Report(STEPS, {"Date": "2026-11-24", "Machine": "emulation"})
    for event in events:
        report.hear(event)
    return report


def ended(step: str, code: int = 0, *said: str) -> list[dict[str, object]]:
    lines = [{"kind": "said", "step": step, "line": line} for line in said]
    return [{"kind": "began", "step": step}, *lines, {"kind": "ended", "step": step, "exit": code, "seconds": 1.5}]


def test_a_run_in_which_each_step_ended_well_is_good():
    report = heard({"kind": "machine", "kernel": "6.12"}, *(event for step in STEPS for event in ended(step)))

    assert report.good
    assert "| Kernel | 6.12 |" in report.page()
    assert "| networking | as expected | 1.5 |" in report.page()


def test_a_run_that_was_cut_off_says_what_did_not_end_and_what_was_not_run():
    report = heard(*ended("doctor"), {"kind": "began", "step": "networking"})

    assert not report.good
    assert "| networking | did not end |  |" in report.page()
    assert "| attacks | not run |  |" in report.page()


def test_a_reference_with_other_verdicts_is_shown_with_its_differences():
    report = heard(*ended("volumes", 1, "    data_stays: expected passed, actual error"))

    assert "| volumes | NOT as expected (exit code 1) | 1.5 |" in report.page()
    assert "data_stays: expected passed, actual error" in report.page()


def test_of_the_attacks_only_those_that_were_not_refused_and_their_sum_are_shown():
    passed, failed, total = "x.py::test_a PASSED [ 50%]", "x.py::test_b FAILED [100%]", "=== 1 failed, 1 passed ==="
    page = heard(*ended("attacks", 1, passed, failed, total)).page()

    assert passed not in page
    assert failed in page
    assert total in page


def test_a_plan_comes_to_the_machine_as_it_was_made():
    assert Plan.from_json(PLAN.to_json()) == PLAN


def test_the_machine_has_no_network_and_leaves_its_disks_as_they_are(tmp_path):
    system = System(tmp_path / "system.img", tmp_path / "vmlinuz", tmp_path / "initrd")
    for kind in (KVM, EMULATION):
        command = Machine(system, tmp_path / "payload.img", kind, tmp_path / "console.log").command()
        drives = [given for given in command if given.startswith("file=") and "if=virtio" in given]

        assert command[command.index("-nic") + 1] == "none"
        assert all("snapshot=on" in drive for drive in drives)


def test_each_step_runs_what_is_there():
    for name, command in PLAN.steps():
        files = [part for part in command if part.endswith(".py")]
        assert all((ROOT / file).exists() for file in files), name
        assert all(not part.startswith(str(ROOT)) for part in command[1:]), f"{name}: it is below {PLACE} there"

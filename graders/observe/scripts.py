"""Run a script of the student's, and tell the usual ways in which one goes wrong from each other."""

from __future__ import annotations

from collections.abc import Mapping

from graders.dock import Dock, Ran
from graders.dock.patience import patient
from graders.verdicts import Evidence
from graders.vocabulary import fail

# The causes that `succeed` may name; a check that runs a script lists them in its rubric.
CAUSES = (
    "script_missing",
    "script_has_windows_line_ends",
    "script_too_slow",
    "script_prints_too_much",
    "refused_by_policy",
    "limit_reached",
    "script_failed",
)


def run_script(dock: Dock, name: str, environment: Mapping[str, str], seconds: float = 60) -> Ran:
    """Run a bash script of the submission, in /work.

    Args:
        name: the script, relative to the submission.
        environment: variables that it is given.
        seconds: its time limit.
    """
    return dock.run("bash", name, environment=environment, seconds=seconds)


def as_handed_in(dock: Dock) -> None:
    """Put the student's folder back to what was handed in, and take away what scripts left elsewhere.

    Containers that have a folder of the student's mounted must be gone.
    """
    anew = "find /work -xdev -mindepth 1 -delete && tar --numeric-owner -xpf /incoming/work.tar -C /work"
    # Compose and the builder keep their own state in .docker.
    left = "find /tmp /var/tmp /home/student -xdev -mindepth 1 -user student -not -path '*/.docker*' -delete || true"
    dock.output("sh", "-c", f"{anew}; code=$?; {left}; exit $code")


def succeed(dock: Dock, ran: Ran, name: str, seconds: float) -> None:
    """Fail with the fitting one of CAUSES unless a script ended with code 0."""
    if ran.exit == 0 and not ran.ended_by:
        return
    evidence = [output_of(ran)]
    if dock.run("test", "-f", name).exit:
        fail("script_missing", script=name, evidence=evidence)
    if ran.refusals:
        refusal = ran.refusals[0]
        fail("refused_by_policy", script=name, asked=refusal.asked, rule=refusal.rule, evidence=evidence)
    if ran.ended_by == "output":
        fail("script_prints_too_much", script=name, evidence=evidence)
    if reached := dock.state().reached:
        fail("limit_reached", limits=", ".join(reached), evidence=evidence)
    if ran.ended_by == "time":
        fail("script_too_slow", script=name, seconds=f"{patient(seconds):.0f}", evidence=evidence)
    if dock.run("grep", "-q", "\r", name).exit == 0:
        fail("script_has_windows_line_ends", script=name, evidence=evidence)
    fail("script_failed", script=name, code=ran.exit, evidence=evidence)


def output_of(ran: Ran) -> Evidence:
    """A command and what it printed, as evidence."""
    ended = f"exit code {ran.exit}" if not ran.ended_by else f"ended by the limit of {ran.ended_by}"
    return Evidence(f"$ {' '.join(ran.command)}", f"{ran.output or '(none)'}\n[{ended}, {ran.seconds:.1f} s]")

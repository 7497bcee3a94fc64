"""Grade one submission: start its dock, run the lab's checks, and make the scorecard of what they saw."""

from __future__ import annotations

import concurrent.futures
import datetime
import importlib.metadata
import inspect
import queue
import random
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests
from docker.errors import DockerException

from graders.dock import Dock, Settings, Submission, SubmissionRefused, Trouble, ensure_seed, pack
from graders.dock.engine import engine_version, one_line, wait_for_engine
from graders.labs import Checks, work_folder
from graders.plan import in_groups, with_needs
from graders.results import blocked, make_finding, result_of, visible_facts
from graders.rubric import Check, Lab
from graders.texts import interface, policy_reasons, trouble
from graders.timeline import Timeline
from graders.verdicts import Result, Scorecard, Text, Verdict, visible
from graders.vocabulary import Failed, NotAssessable

ENGINE_SECONDS = 20.0  # for an engine that went away to come back before the next attempt
ATTEMPTS = 3  # a check that ends as an error is tried again in a fresh dock, at most twice
SIDE_BY_SIDE = 4  # more only add latency on two cores
CONTROL_IMAGE = "busybox"  # the control workload runs in it

MachineProblem = (DockerException, requests.RequestException, OSError)


@dataclass
class Options:
    """How to grade."""

    egress: bool = False
    language: str = "en"  # of what the policy says to the student's tools
    seed: int | None = None  # of the random values; random where it is None
    only: frozenset[str] | None = None  # ids of the checks that are asked for; all where it is None
    first: frozenset[str] = frozenset()  # ids of the checks whose verdicts are to come as early as the order allows


class Grade:
    """The grading of one submission. `start` it, then ask for each check's result, or `finish` for the card."""

    def __init__(
        self,
        lab: Lab,
        code: Checks,
        folder: Path,
        options: Options | None = None,
        *,
        submission: Submission | SubmissionRefused | None = None,
        await_turn: Callable[[], None] = lambda: None,
        dock: Dock | None = None,
    ) -> None:
        """Prepare to grade a folder.

        Args:
            folder: the submission; only its name counts where `submission` is given.
            submission: what was packed already, or why it could not be.
            await_turn: called when a dock is up and before its first check; may wait.
            dock: one that was started with `dock_settings` and used for nothing yet; the first attempt's.
        """
        self.lab, self.code, self.folder = lab, code, folder
        self.options = options or Options()
        self.await_turn = await_turn
        self._packed = submission
        self._warm = dock
        self._dock: Dock | None = None
        self.run = uuid.uuid4().hex[:12]
        self.started = datetime.datetime.now().astimezone()
        self.timeline = Timeline()
        self.submission: Submission | None = None
        self.observed: dict[str, object] = {}
        self.versions: dict[str, str] = {"drydock": _version()}
        self._wanted = [c for c in lab.checks if self.options.only is None or c.id in self.options.only]
        self._futures = {check.id: concurrent.futures.Future[Result]() for check in self._wanted}
        self._final: queue.SimpleQueue[Result | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None
        self._ended = 0.0

    def start(self) -> None:
        """Begin to grade, in the background."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._grade, name=f"grade-{self.lab.id}", daemon=True)
            self._thread.start()

    @property
    def begun(self) -> bool:
        """Whether it was started."""
        return self._thread is not None

    def result(self, check: str) -> Result:
        """Wait for the final result of a check that was asked for."""
        self.start()
        return self._futures[check].result()

    def results(self) -> Iterator[Result]:
        """Each result as soon as it is final, until the grading ends; to be asked for once."""
        self.start()
        return iter(self._final.get, None)

    def cancel(self) -> None:
        """Begin no further check."""
        self._cancelled.set()

    def abandon(self) -> None:
        """Begin no further check, and remove the dock from under the one that runs."""
        self.cancel()
        if self._dock:
            self._dock.close()

    def take_dock(self) -> Dock:
        """A dock with the submission in it: the one that was given, once, or a new one."""
        assert self.submission
        settings = dock_settings(self.lab, self.options)
        seed = ensure_seed(settings.seeds[0])
        self.versions |= {"engine": engine_version(), "dock": seed.image}
        self._dock, self._warm = self._warm, None
        if self._dock is None:
            reasons = policy_reasons(self.options.language)
            self._dock = Dock.start(settings, self.submission, seed=seed, reasons=reasons)
        else:
            self._dock.hand_in(self.submission)
        return self._dock

    def finish(self) -> Scorecard:
        """Wait for the end, and make the scorecard of the checks that were run."""
        self.start()
        assert self._thread
        self._thread.join()
        results = tuple(f.result() for f in self._futures.values() if f.done() and not f.cancelled())
        notices = tuple(
            interface("left_out").fill({"what": visible(what, 200)})
            for what in (self.submission.left_out[:20] if self.submission else ())
        )
        return Scorecard(
            lab=self.lab.id,
            lab_version=self.lab.version,
            title=self.lab.title,
            week=self.lab.week,
            submission=visible(self._name(), 200),
            digest=self.submission.digest if self.submission else "",
            run=self.run,
            started=self.started.isoformat(timespec="seconds"),
            seconds=round((self._ended or time.monotonic()) - self.timeline.began, 2),
            versions=self.versions,
            results=results,
            notices=notices,
            picked=len(self._wanted) < len(self.lab.checks) or len(results) < len(self._wanted),
            observed={**self.observed, "timeline": [self._named(event) for event in self.timeline.events]},
        )

    def _named(self, event: dict[str, object]) -> dict[str, object]:
        """An event of the time line with the rubric's words for it, where it has some."""
        moment = self.lab.moments.get(str(event["what"]))
        return {**event, "what": {"en": moment.en, "ko": moment.ko}} if moment else event

    def _name(self) -> str:
        """What to call the submission: its folder, or the one that holds it where it is just `work`."""
        folder = self.folder.resolve()
        handed_in = folder.name == "work" and folder.parent not in (self.lab.folder, work_folder(self.lab).parent)
        return folder.parent.name if handed_in else folder.name

    def _grade(self) -> None:
        try:
            if isinstance(self._packed, SubmissionRefused):
                raise self._packed
            self.submission = self._packed or pack(self.folder)
            for attempt in range(1, ATTEMPTS + 1):
                self._attempt(last=attempt == ATTEMPTS)
                if self._cancelled.is_set() or all(future.done() for future in self._futures.values()):
                    break
                self.timeline.mark("retry", "retry")
                wait_for_engine(ENGINE_SECONDS)
        except SubmissionRefused as refused:
            self._refuse(refused)
        except Trouble as problem:
            self._fail_all(trouble(problem.code, problem.facts))
        except BaseException as problem:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            self._fail_all(Text.same(one_line(problem)), "".join(traceback.format_exception(problem)))
        finally:
            self._ended = time.monotonic()
            for dock in filter(None, (self._warm, self._dock)):
                dock.close()
            for future in self._futures.values():
                if not future.done():
                    future.cancel()
            self._final.put(None)

    def _attempt(self, *, last: bool) -> None:
        """Run the checks without a result in a fresh dock; one that does not come up is tried again, too."""
        try:
            Attempt(self, last=last).go()
        except Trouble as problem:
            if last or problem.code not in ("dock_not_started", "dock_lost"):
                raise
        except MachineProblem as problem:
            if last:
                self._fail_all(interface("engine_failed"), "".join(traceback.format_exception(problem)))

    def settle(self, result: Result) -> None:
        """Make a result final, where its check was asked for."""
        future = self._futures.get(result.check)
        if future and not future.done():
            future.set_result(result)
            self._final.put(result)

    def settled(self, check: str) -> bool:
        """Whether a check that was asked for has its final result."""
        return self._futures[check].done() if check in self._futures else False

    @property
    def cancelled(self) -> bool:
        """Whether no further check is to begin."""
        return self._cancelled.is_set()

    def _refuse(self, refused: SubmissionRefused) -> None:
        """The submission cannot be taken in: its first check says so, and blocks all others."""
        first = self.lab.checks[0]
        if first.id not in self._futures:
            first = self._wanted[0]
        for check in self._wanted:
            if check is first:
                finding = make_finding(self.lab, refused.cause, refused.facts)
                self.settle(result_of(check, Verdict.FAILED, finding=finding))
            else:
                self.settle(result_of(check, Verdict.BLOCKED, blocked_by=first.id))

    def _fail_all(self, reason: Text, detail: str = "") -> None:
        for check in self._wanted:
            self.settle(result_of(check, Verdict.ERROR, reason=reason, detail=detail))


class Attempt:
    """One pass over the checks that have no final result yet, in a dock of its own."""

    def __init__(self, grade: Grade, *, last: bool) -> None:
        self.grade, self.last = grade, last
        self.dock: Dock | None = None
        self.dice = random.Random(grade.options.seed)  # noqa: S311 - values to tell runs apart, no secrets
        self._results: dict[str, concurrent.futures.Future[Result]] = {}
        self._scenes: dict[str, concurrent.futures.Future[Any]] = {}
        self._lock = threading.Lock()

    def go(self) -> None:
        """Start the dock and run the checks, those that only look side by side, those that change things alone."""
        grade = self.grade
        with grade.timeline.span("dock", "dock"):
            self.dock = grade.take_dock()
        with self.dock, concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            grade.await_turn()
            plan = self._plan()
            self._results = {check.id: concurrent.futures.Future() for group in plan for check in group}
            for group in plan:
                running = [pool.submit(self._run, check) for check in group]
                concurrent.futures.wait(running)
                for future in running:
                    future.result()

    def _plan(self) -> list[list[Check]]:
        """The checks without a final result and what they need, in the groups in which they run."""
        lab = self.grade.lab
        wanted = with_needs(lab, (check.id for check in self.grade._wanted if not self.grade.settled(check.id)))
        plan = [check for check in lab.checks if check.id in wanted]
        return in_groups(plan, with_needs(lab, self.grade.options.first))

    def _run(self, check: Check) -> None:
        if self.grade.cancelled:
            self._results[check.id].cancel()
            return
        began = time.monotonic()
        try:
            # A need comes earlier in the plan, so it is done, or runs, or waits for a thread before this one.
            needs = {need: self._results[need].result() for need in check.needs}
        except concurrent.futures.CancelledError:
            self._results[check.id].cancel()
            return
        result = blocked(check, needs)
        if result is None:
            began = time.monotonic()
            with self.grade.timeline.span(check.id):
                result = self._observe(check)
        result = replace(result, seconds=round(time.monotonic() - began, 3))
        self._results[check.id].set_result(result)
        if self.last or result.verdict is not Verdict.ERROR:
            self.grade.settle(result)

    def _observe(self, check: Check) -> Result:
        lab = self.grade.lab
        try:
            self._call(self.grade.code.checks[check.id])
            return result_of(check, Verdict.PASSED)
        except Failed as failed:
            return self._failed(check, failed)
        except NotAssessable as seen:
            reason = lab.reasons.get(seen.reason)
            if reason is None:
                return result_of(check, Verdict.ERROR, reason=Text.same(f"no reason {seen.reason!r} in the rubric"))
            return result_of(check, Verdict.NOT_ASSESSABLE, reason=reason.fill(visible_facts(seen.facts)))
        except Trouble as problem:
            return self._dock_trouble(check, problem)
        except MachineProblem as problem:
            return self._machine_problem(check, problem)
        except Exception as problem:  # noqa: BLE001 - a mistake of ours is never the student's failure
            trace = "".join(traceback.format_exception(problem))
            return result_of(check, Verdict.ERROR, reason=interface("our_mistake"), detail=trace)

    def _failed(self, check: Check, failed: Failed) -> Result:
        try:
            cause, facts = failed.cause, failed.facts
            if cause not in check.causes:
                raise LookupError(f"{check.id} does not list the cause {cause!r}")
            finding = make_finding(self.grade.lab, cause, facts, failed.evidence)
        except LookupError as problem:
            return result_of(check, Verdict.ERROR, reason=interface("our_mistake"), detail=str(problem))
        verdict = Verdict.PARTIAL if failed.share else Verdict.FAILED
        return result_of(check, verdict, share=failed.share, finding=finding)

    def _dock_trouble(self, check: Check, problem: Trouble) -> Result:
        """The dock does not answer. On the last attempt, if a fresh and empty dock works, the submission broke it."""
        reason = trouble(problem.code, problem.facts)
        if problem.code == "dock_lost" and self.last and _fresh_dock_works():
            finding = make_finding(self.grade.lab, "broke_the_dock", problem.facts)
            return result_of(check, Verdict.FAILED, finding=finding)
        return result_of(check, Verdict.ERROR, reason=reason)

    def _machine_problem(self, check: Check, problem: Exception) -> Result:
        """The engine did not do what was asked. Evidence decides whose fault it is (see `_control`)."""
        assert self.dock
        trace = "".join(traceback.format_exception(problem))
        try:
            reached = dict.fromkeys(limit for node in self.dock.nodes for limit in node.state().reached)
            if reached:
                finding = make_finding(self.grade.lab, "limit_reached", {"limits": ", ".join(reached)})
                return result_of(check, Verdict.FAILED, finding=finding)
            self._control()
        except (Trouble, *MachineProblem) as second:
            if isinstance(second, Trouble):
                return self._dock_trouble(check, second)
            return result_of(check, Verdict.ERROR, reason=interface("engine_failed"), detail=trace)
        finding = make_finding(self.grade.lab, "engine_refused", {"problem": one_line(problem)})
        return result_of(check, Verdict.FAILED, finding=finding)

    def _control(self) -> None:
        """Run a tiny workload of our own in the same docks; raises where an engine cannot do even that.

        A node that a check has switched off is no fault of anyone's.
        """
        assert self.dock
        for node in self.dock.nodes:
            if node.on:
                image = node.image_ids[CONTROL_IMAGE]
                node.engine.containers.run(image, ["true"], remove=True, network_mode="none")

    def _call(self, function: Callable[..., Any]) -> Any:
        given = {"dock": self.dock, "dice": self.dice, "timeline": self.grade.timeline}
        arguments = {
            name: given[name] if name in given else self._scene(name) for name in inspect.signature(function).parameters
        }
        return function(**arguments)

    def _scene(self, name: str) -> Any:
        """A scene's value, made by the first who asks; whoever asks meanwhile waits for it."""
        with self._lock:
            future = self._scenes.get(name)
            mine = future is None
            if future is None:
                future = self._scenes[name] = concurrent.futures.Future()
        if mine:
            try:
                value = self._call(self.grade.code.scenes[name])
            except BaseException as problem:  # noqa: BLE001 - handed to everyone who asks
                future.set_exception(problem)
            else:
                future.set_result(value)
                if hasattr(value, "observed"):
                    self.grade.observed |= value.observed()
        return future.result()


def dock_settings(lab: Lab, options: Options) -> Settings:
    """What a dock for a lab's submissions is started with."""
    control = {key: tuple(dict.fromkeys((*lab.dock[key], CONTROL_IMAGE))) for key in ("images", "node_images")}
    return Settings(**{**lab.dock, "egress": options.egress, **control})


def _fresh_dock_works() -> bool:
    try:
        settings = Settings(images=(CONTROL_IMAGE,))
        with Dock.start(settings) as dock:
            dock.engine.containers.run(dock.image_ids[CONTROL_IMAGE], ["true"], remove=True, network_mode="none")
        return True
    except (Trouble, *MachineProblem):
        return False


def _version() -> str:
    try:
        return importlib.metadata.version("drydock")
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"

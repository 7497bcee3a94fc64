"""Measure a lab's grader on its corpus: submissions with the verdict and the cause that each check must come to."""

from __future__ import annotations

import concurrent.futures
import random
import tomllib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from graders.grading import Grade, Options
from graders.labs import load
from graders.rubric import RubricError
from graders.verdicts import Result, Scorecard, Verdict

EXPECTED = "expected.toml"
OR = " or "
SIDE_BY_SIDE = 6  # keeps two cores busy: each waits most of its time, and with four at a time 1.7 were busy
MOST_DETAIL, WIDEST_DETAIL = 12, 160  # lines of a difference's, and letters of a line
CLUSTERS_BESIDE = 2  # workers for the labs of several docks, where there are others, too


@dataclass(frozen=True)
class Case:
    """One submission of a corpus."""

    lab: str
    name: str
    folder: Path  # holds expected.toml and the submission, work/
    expected: dict[str, str]  # id of a check -> verdict, with the cause or the need it is blocked by; see `accepted`

    @property
    def right(self) -> bool:
        """Whether it is a right solution: it passes each check that the machine can observe."""
        known = {outcome for expected in self.expected.values() for outcome in accepted(expected, complete=True)}
        return known == {str(Verdict.PASSED)}


@dataclass(frozen=True)
class Difference:
    """A check that did not come to what was expected."""

    check: str
    expected: str
    actual: str
    detail: str


def accepted(expected: str, *, complete: bool = False) -> tuple[str, ...]:
    """The outcomes that an entry of expected.toml allows, such as `passed or not_assessable`.

    There are several where it depends on the machine's kernel which of them comes.

    Args:
        complete: the kernel has all that is observed: `not_assessable` is allowed only where nothing else is.
    """
    outcomes = tuple(expected.split(OR))
    assessed = tuple(one for one in outcomes if one != Verdict.NOT_ASSESSABLE)
    return (complete and assessed) or outcomes


def find_cases(corpus: Path, lab_folder: Path) -> list[Case]:
    """The cases of a lab, found on disk.

    Args:
        corpus: the folder that holds a folder of cases for each lab.

    Raises:
        RubricError: a case without expected.toml, or one that does not name each check of the lab.
    """
    lab, _ = load(lab_folder)
    ids = {check.id for check in lab.checks}
    cases, mistakes = [], []
    for folder in sorted(path for path in (corpus / lab.id).glob("*") if path.is_dir()):
        path = folder / EXPECTED
        try:
            expected = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as problem:
            mistakes.append(f"{path}: cannot be read: {problem}")
            continue
        if set(expected) != ids:
            mistakes.append(f"{path}: must name each check of the lab; differs in {sorted(set(expected) ^ ids)}")
        cases.append(Case(lab.id, folder.name, folder, expected))
    if mistakes:
        raise RubricError("\n".join(mistakes))
    return cases


def outcome(result: Result) -> str:
    """A result as expected.toml writes it: `passed`, `failed: flat_network`, `blocked: start_works`."""
    if result.finding:
        return f"{result.verdict}: {result.finding.cause}"
    return f"{result.verdict}: {result.blocked_by}" if result.verdict is Verdict.BLOCKED else str(result.verdict)


def grade(case: Case, lab_folder: Path, options: Options | None = None) -> Scorecard:
    """Grade one case as a student's submission is graded."""
    lab, code = load(lab_folder)
    return Grade(lab, code, case.folder / "work", options).finish()


def differences(case: Case, card: Scorecard, *, complete: bool = False) -> list[Difference]:
    """Where a card differs from what was expected; a check without a result is a difference too.

    Args:
        complete: see `accepted`.
    """
    actual = {result.check: result for result in card.results}
    found = []
    for check, expected in case.expected.items():
        result = actual.get(check)
        seen = outcome(result) if result else "(no result)"
        if seen not in accepted(expected, complete=complete):
            detail = result.detail or (result.reason.en if result.reason else "") if result else ""
            evidence = result.finding.evidence if result and result.finding else ()
            detail += "\n".join(f"{piece.title}\n{piece.text}" for piece in evidence)
            found.append(Difference(check, expected, seen, detail))
    return found


_Job: TypeAlias = tuple[Path, Case, "concurrent.futures.Future[Scorecard]"]


def grade_all(
    corpus: Mapping[Path, Sequence[Case]],
    *,
    jobs: int = SIDE_BY_SIDE,
    shuffle: random.Random | None = None,
) -> Iterator[tuple[Path, dict[str, Scorecard]]]:
    """Grade cases side by side, those of several docks, which mostly wait, along beside those of one.

    Args:
        corpus: folder of a lab -> its cases.
        jobs: how many at a time; two more where there are cases of both kinds.
        shuffle: the order of each lab's cases; as found where it is None.

    Returns:
        The labs in their order, each as soon as its cases are graded: its folder, and their cards by name.
    """
    single: deque[_Job] = deque()
    several: deque[_Job] = deque()
    found: dict[Path, dict[str, concurrent.futures.Future[Scorecard]]] = {}
    for folder, cases in corpus.items():
        found[folder] = {case.name: concurrent.futures.Future() for case in cases}
        queue = several if cases and load(folder)[0].dock["nodes"] > 1 else single
        order = shuffle.sample(cases, len(cases)) if shuffle else cases
        queue.extend((folder, case, found[folder][case.name]) for case in order)
    beside = CLUSTERS_BESIDE if single and several else 0
    with concurrent.futures.ThreadPoolExecutor(jobs + beside) as pool:
        for _ in range(jobs):
            pool.submit(_work, (single, several))
        for _ in range(beside):
            pool.submit(_work, (several, single))
        try:
            for folder, futures in found.items():
                yield folder, {name: future.result() for name, future in futures.items()}
        finally:  # also where one has crashed, or nobody asks for more
            single.clear()
            several.clear()


def _work(queues: Iterable[deque[_Job]]) -> None:
    """Grade what is in queues, one after the other, until all are empty."""
    for queue in queues:
        while queue:
            try:
                folder, case, future = queue.popleft()
            except IndexError:  # somebody took the last one
                break
            try:
                future.set_result(grade(case, folder))
            except BaseException as problem:  # noqa: BLE001 - raised again where the result is asked for
                future.set_exception(problem)


def table(cases: Iterable[Case], cards: dict[str, Scorecard], *, complete: bool = False) -> Iterator[str]:
    """Expected against actual, a line a case, and for each difference a line and what was seen.

    Args:
        complete: see `accepted`.
    """
    for case in cases:
        card = cards[case.name]
        wrong = differences(case, card, complete=complete)
        first = next(
            (f"{c}: {v}" for c, v in case.expected.items() if v.startswith(("failed", "partial"))), "full marks"
        )
        mark = "same" if not wrong else f"{len(wrong)} DIFFER"
        yield f"{case.lab}/{case.name:34} {card.earned:6g}/{card.possible:g} {card.seconds:6.1f} s  {mark:9} {first}"
        for difference in wrong:
            yield f"    {difference.check}: expected {difference.expected}, actual {difference.actual}"
            for line in difference.detail.splitlines()[:MOST_DETAIL]:
                yield f"        {line[:WIDEST_DETAIL]}"

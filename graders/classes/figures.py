"""The figures of a class page: how points are spread, which checks are hard, which misconceptions are common."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graders.classes.view import ClassView, Student, results_of, score_of
from graders.rubric import Check
from graders.verdicts import Result, Verdict

BIN = 10  # percent; full marks have a bin of their own


@dataclass(frozen=True)
class Counts:
    """How many students; each is in one of all but the first two."""

    students: int
    handed_in: int
    graded: int
    errors: int  # without a score, because the machine failed
    problems: int  # without a score, because someone must look at the hand-in
    waiting: int  # to be graded yet
    absent: int


def counts(view: ClassView) -> Counts:
    """What became of the students."""
    graded = {student.id for student in view.students if student.graded}
    absent = {student.id for student in view.students if student.absent} - graded
    failed = {error.id for error in view.errors} | {s.id for s in view.students if s.card and not s.card.complete}
    errors = failed - graded - absent
    problems = {problem.id for problem in view.problems if problem.id} - graded - absent - errors
    everyone = {student.id for student in view.students} | errors | problems
    waiting = everyone - graded - absent - errors - problems
    return Counts(
        students=len(everyone),
        handed_in=len(everyone - absent),
        graded=len(graded),
        errors=len(errors),
        problems=len(problems),
        waiting=len(waiting),
        absent=len(absent),
    )


@dataclass(frozen=True)
class Bin:
    """Students whose score, in percent, is from `low` to below the next bin."""

    low: int
    students: int

    @property
    def name(self) -> str:
        """0–9, 10–19, and so on to 90–99, and 100."""
        return f"{self.low}–{self.low + BIN - 1}" if self.low < 100 else "100"


@dataclass(frozen=True)
class Spread:
    """How the scores of a class are spread, in percent of what could be earned."""

    mean: float
    median: float
    bins: tuple[Bin, ...]

    @property
    def most(self) -> int:
        """Students in the fullest bin."""
        return max(one.students for one in self.bins)


def spread(view: ClassView) -> Spread | None:
    """How scores are spread; none where nobody has one."""
    scores = [score_of(student, view).percent for student in view.graded]
    if not scores:
        return None
    found = Counter(int(score // BIN) * BIN for score in scores)
    bins = tuple(Bin(low, found[low]) for low in range(0, 101, BIN))
    return Spread(statistics.fmean(scores), statistics.median(scores), bins)


@dataclass(frozen=True)
class Hardness:
    """How the students fared with a check. Who has no verdict, or one that says nothing of them, is not counted."""

    number: int  # the check's place in the rubric, from 1
    check: Check
    verdicts: Counter[Verdict]
    average: float  # points

    @property
    def assessed(self) -> int:
        """Students."""
        return sum(self.verdicts[verdict] for verdict in ASSESSED)

    @property
    def missed(self) -> float:
        """Of those who got so far, the share who did not pass, from 0 to 1."""
        came = self.assessed - self.verdicts[Verdict.BLOCKED]
        return (came - self.verdicts[Verdict.PASSED]) / came if came else 0.0

    def share(self, verdict: Verdict) -> float:
        """Of the students, from 0 to 1."""
        return self.verdicts[verdict] / self.assessed if self.assessed else 0.0


ASSESSED = (Verdict.PASSED, Verdict.PARTIAL, Verdict.FAILED, Verdict.BLOCKED)


def hardest(view: ClassView) -> list[Hardness]:
    """The checks, hardest first: by how many of those who got so far did not pass, then by average points."""
    of_check: dict[str, list[Result]] = defaultdict(list)
    for student in view.graded:
        for check, result in results_of(student, view.checks).items():
            of_check[check].append(result)
    found = [_hardness(number, check, of_check[check.id]) for number, check in enumerate(view.checks, 1)]
    return sorted(found, key=lambda one: (-one.missed, one.average / one.check.points, one.number))


def _hardness(number: int, check: Check, results: Sequence[Result]) -> Hardness:
    earned = [result.earned for result in results if result.verdict in ASSESSED]
    verdicts = Counter(result.verdict for result in results)
    return Hardness(number, check, verdicts, statistics.fmean(earned) if earned else 0.0)


@dataclass(frozen=True)
class Misconception:
    """A cause that checks named, and whose work they named it for."""

    cause: str
    students: tuple[Student, ...]  # in the order of the class
    checks: tuple[tuple[Check, int], ...]  # which checks named it, for how many students; most first
    results: tuple[Result, ...]  # each with its finding


def misconceptions(view: ClassView) -> list[Misconception]:
    """The causes, that of most students first."""
    seen: dict[str, list[tuple[Student, Result]]] = defaultdict(list)
    for student in view.graded:
        for result in results_of(student, view.checks).values():
            if result.finding:
                seen[result.finding.cause].append((student, result))
    found = [_misconception(cause, pairs, view.checks) for cause, pairs in seen.items()]
    return sorted(found, key=lambda one: (-len(one.students), one.cause))


def _misconception(cause: str, pairs: list[tuple[Student, Result]], checks: tuple[Check, ...]) -> Misconception:
    named = Counter(result.check for _, result in pairs)
    ranked = sorted(((check, named[check.id]) for check in checks if named[check.id]), key=lambda pair: -pair[1])
    students = {student.id: student for student, _ in pairs}
    return Misconception(cause, tuple(students.values()), tuple(ranked), tuple(result for _, result in pairs))


@dataclass(frozen=True)
class Times:
    """Seconds that grading took."""

    middle: float  # half of the submissions took no longer
    most: float  # 95 of 100 took no longer
    longest: float


def times(students: Iterable[Student]) -> Times | None:
    """How long grading took; none where nothing was graded."""
    taken = sorted(student.card.seconds for student in students if student.card)
    if not taken:
        return None
    return Times(_rank(taken, 50), _rank(taken, 95), taken[-1])


def _rank(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: a value that was seen, at or above so many percent of all."""
    return ordered[-(-percent * len(ordered) // 100) - 1]

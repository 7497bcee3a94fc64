"""What the store keeps: results, attempts, and what an instructor put in a result's place."""

from __future__ import annotations

import hashlib
import math
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from graders.classes.troubles import StoreError
from graders.verdicts import Scorecard

FINAL, ERROR = "final", "error"  # how an attempt ends: with a score, or by the machine's fault


@dataclass(frozen=True)
class Job:
    """What a result is keyed by: whoever grades the same again gets the same key.

    Args:
        student: the id as the roster has it; data, never a path.
        lab: the lab's id.
        lab_version: of its rubric.
        content: digest of the submission.
        images: digest of the images that the lab uses.
        drydock: version and digest of the package, and the digest of the rubric, which may change without its version.
        generation: how often this was graded again on purpose.
    """

    student: str
    lab: str
    lab_version: str
    content: str
    images: str
    drydock: str
    generation: int = 0

    @property
    def key(self) -> str:
        """SHA-256 over all parts, as 64 hexadecimal digits; each with its length, so that no two jobs look alike."""
        digest = hashlib.sha256()
        for part in astuple(self):
            # An id may hold what no encoding allows, half of a pair for instance.
            data = str(part).encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()


def check_moment(moment: datetime) -> None:
    """Make sure that a time is the same for every reader.

    Raises:
        StoreError: `moment`, where it has no zone or is out of a year's range in UTC.
    """
    try:
        if moment.utcoffset() is not None and moment.astimezone(UTC):
            return
    except OverflowError:
        pass
    raise StoreError("moment", seen=moment.isoformat())


@dataclass(frozen=True)
class Stored:
    """A final result."""

    job: Job
    name: str  # the student's, for people; may be empty
    handed_in: datetime | None  # with zone
    card: Scorecard
    graded: datetime  # with zone

    def check(self) -> None:
        """Make sure that this may be kept as a result.

        Raises:
            StoreError: `not_final` where the card has an error, `picked` where only some checks were run, `mixed`
                where the card is of another lab or submission than the job, `moment` where a time has no zone.
        """
        for moment in (self.graded, self.handed_in or self.graded):
            check_moment(moment)
        if not self.card.complete:
            raise StoreError("not_final", student=self.job.student)
        if self.card.picked:
            raise StoreError("picked", student=self.job.student)
        wanted = (self.job.lab, self.job.lab_version, self.job.content)
        # A submission that could not be read has no digest.
        seen = (self.card.lab, self.card.lab_version, self.card.digest or self.job.content)
        if wanted != seen:
            raise StoreError("mixed", student=self.job.student, wanted=" ".join(wanted), seen=" ".join(seen))


@dataclass(frozen=True)
class Attempt:
    """One try at grading a submission, however it ended.

    Raises:
        StoreError: `moment`.
    """

    key: str  # the job's
    student: str
    lab: str
    worker: str  # who tried
    started: datetime  # with zone
    seconds: float
    outcome: str  # FINAL, or ERROR or another word for what went wrong
    detail: str  # of what went wrong, for whoever mends it

    def __post_init__(self) -> None:
        check_moment(self.started)


@dataclass(frozen=True)
class Override:
    """Points that an instructor gives in place of the machine's, which are kept beside them.

    Args:
        student: the id.
        lab: the lab's id.
        points: none withdraws what was given before.
        reason: why; not blank.
        who: the instructor; not blank.
        when: with zone.
        check: the check's id; empty for the whole lab.

    Raises:
        StoreError: `override_without`, `override_points` or `moment`.
    """

    student: str
    lab: str
    points: float | None
    reason: str
    who: str
    when: datetime
    check: str = ""

    def __post_init__(self) -> None:
        check_moment(self.when)
        if not self.reason.strip() or not self.who.strip():
            raise StoreError("override_without", student=self.student)
        if self.points is not None and not (math.isfinite(self.points) and self.points >= 0):
            raise StoreError("override_points", student=self.student, points=self.points)

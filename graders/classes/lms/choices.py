"""What a teacher chooses for an LMS's file, before anything of it is read."""

from __future__ import annotations

import enum
from decimal import Decimal

MAXIMUM = Decimal(100)  # Moodle's own, also the most that its import takes unless a site allows more


class Fit(enum.StrEnum):
    """What to do where a lab's points and a column's maximum differ."""

    REFUSE = "refuse"
    SCALE = "scale"  # in proportion to the column's maximum
    AS_IS = "as-is"  # the lab's points

"""What an episode changed for callers: their wait, and who rang again within a day. Rule: C2.9.

The calls that stayed at the origin in the same period are what the moved ones are compared with.
They gained too, since the queue was shorter: the figure is a lower bound of the delay gained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from uuid import UUID

AGAIN: timedelta = timedelta(hours=24)
"""A call of the same number within this time counts as a call anew."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A call of the origin: seconds until its answer (None: nobody did), whether it rang anew."""

    call: UUID
    seconds: float | None
    again: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Calls together: how many, minutes of wait, how many rang anew."""

    number: int = 0
    median: float | None = None
    p90: float | None = None
    again: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Moved calls beside those that stayed."""

    moved: Group = field(default_factory=Group)
    stayed: Group = field(default_factory=Group)

    @property
    def gained(self) -> float | None:
        """Minutes by which the median wait of the moved is shorter; None where one is unknown."""
        if self.moved.median is None or self.stayed.median is None:
            return None
        return self.stayed.median - self.moved.median


def compare(moved: Sequence[Followed], stayed: Sequence[Followed]) -> Quality:
    """The two groups side by side."""
    return Quality(_group(moved), _group(stayed))


def _group(calls: Sequence[Followed]) -> Group:
    waits = sorted(one.seconds / 60 for one in calls if one.seconds is not None)
    again = sum(one.again for one in calls)
    if not waits:
        return Group(len(calls), again=again)
    return Group(len(calls), median(waits), waits[math.ceil(0.9 * len(waits)) - 1], again)

"""Between equal candidates the order rotates: first who had least lately. Pure. Rule: C3.6.

Equal is: the same band of delay and the same band of distance. A patient's delay and way come
first; equity decides only where they do not. The Gini index says how unequal a distribution is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

LATELY: Final = timedelta(days=28)
"""How far back what somebody had counts."""
DELAYS: Final = tuple(timedelta(hours=hours) for hours in (2, 6, 24, 48))
DISTANCES_KM: Final = (5.0, 10.0, 20.0, 50.0)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may receive a patient, how soon, how far away; `key` names them."""

    key: str
    delay: timedelta
    km: float


@dataclass(frozen=True, slots=True)
class Past:
    """What somebody had in the last weeks: how many patients, when they were last asked."""

    served: int = 0
    last: datetime | None = None


NOTHING: Final = Past()
"""What somebody had who had nothing."""


def bands(candidate: Candidate) -> tuple[int, int]:
    """The bands of delay and of distance; a limit belongs to the nearer band."""
    return bisect_left(DELAYS, candidate.delay), bisect_left(DISTANCES_KM, candidate.km)


def turn(candidate: Candidate, had: Past) -> tuple[int, int, int, datetime]:
    """By delay band, distance band, fewest patients lately, asked longest ago."""
    return (*bands(candidate), had.served, had.last or _NEVER)


def rotated(candidates: Sequence[Candidate], past: Mapping[str, Past]) -> list[Candidate]:
    """The candidates in the order in which they are asked: by their turn, then by key.

    The order is the same whatever the order of those who come in.
    """
    return sorted(candidates, key=lambda one: (turn(one, past.get(one.key, NOTHING)), one.key))


def gini(counts: Sequence[int]) -> float:
    """The Gini index of counts, from 0 (all have the same) to nearly 1 (one has all).

    G = sum over i and j of |x(i) - x(j)|, divided by 2 n² times the mean; 0 where nobody has any.
    """
    total = sum(counts)
    if not total:
        return 0.0
    ordered = sorted(counts)
    size = len(ordered)
    weighted = sum((2 * rank - size - 1) * one for rank, one in enumerate(ordered, 1))
    return weighted / (size * total)

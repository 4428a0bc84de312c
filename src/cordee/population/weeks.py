"""Weekly events of the region as they may be told, and what the CUSUM says of them; rule G2.8."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from cordee.population.answers import Weekly
from cordee.population.disclosure.cells import K
from cordee.population.statistics.trends import cusum

_BASELINE: Final = 26
"""Weeks of reference; as many or more are watched after them."""


def weekly(sums: Mapping[date, int]) -> Weekly | None:
    """Of events by Monday; None where there are too few weeks, or one of them is small."""
    if len(sums) < _BASELINE:
        return None
    weeks = _mondays(min(sums), max(sums))[1:-1]
    # What is left out beside the year is not told either, by what the year would leave.
    if 0 < sum(sums.values()) - sum(sums.get(one, 0) for one in weeks) < K:
        weeks = weeks[1:]
    counts = [sums.get(one, 0) for one in weeks]
    if min(counts) < K or len(counts) <= _BASELINE:
        return None
    watched = cusum(counts[_BASELINE:], counts[:_BASELINE])
    return Weekly(tuple(weeks), tuple(counts), watched)


def _mondays(first: date, last: date) -> list[date]:
    return [first + timedelta(days=7 * at) for at in range((last - first).days // 7 + 1)]

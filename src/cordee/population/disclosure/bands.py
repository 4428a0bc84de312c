"""Bands of a count: what somebody who builds a cohort is told of its size (G1.10)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from cordee.population.disclosure.cells import K

_EDGES: Final = tuple(step * 10**power for power in range(1, 8) for step in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Band:
    """A count from `low` to `high`, both included; `high` None: no upper end."""

    low: int
    high: int | None

    @property
    def text(self) -> str:
        """The band in words; nothing at all is "moins de 11" too."""
        if self.high is None:
            return f"plus de {_grouped(self.low - 1)}"
        if not self.low:
            return f"moins de {_grouped(self.high + 1)}"
        return f"{_grouped(self.low)} à {_grouped(self.high)}"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def band(count: int, k: int = K) -> Band:
    """The band of a count: below k, then to 20, 50, 100, 200, 500 and so on."""
    if count < k:
        return Band(0, k - 1)
    edges = [edge for edge in _EDGES if edge >= k]
    at = bisect_left(edges, count)
    low = edges[at - 1] + 1 if at else k
    return Band(low, edges[at] if at < len(edges) else None)

"""Small counts kept back so that nobody can be recognised, nor worked out from a total. B4.10.

A count from 1 to K-1 is not told. Where what is kept back could be worked out (one cell alone, or
cells that make less than K together), the smallest of the others are kept back with it; where all
cells are, the total is too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

K: Final = 11


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a table; `count` is None where it is kept back."""

    code: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Lines, the most first, and their total; None where it is kept back."""

    cells: tuple[Cell, ...]
    total: int | None


def plain(counts: Mapping[str, int]) -> Table:
    """All that is counted."""
    lines = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return Table(tuple(Cell(code, n) for code, n in lines if n), sum(counts.values()))


def hidden(counts: Mapping[str, int], k: int = K) -> Table:
    """The same without what is too small, or what would give it away."""
    lines = sorted(((n, code) for code, n in counts.items() if n), key=lambda one: (one[0], one[1]))
    kept_back = {code for n, code in lines if n < k}
    for n, code in lines:
        if not _gives_away(counts, kept_back, k):
            break
        if n >= k:
            kept_back.add(code)
    cells = tuple(
        Cell(code, None if code in kept_back else n)
        for n, code in sorted(lines, key=lambda one: (one[1] in kept_back, -one[0], one[1]))
    )
    total = sum(counts.values())
    is_told = total == 0 or (total >= k and not _gives_away(counts, kept_back, k))
    return Table(cells, total if is_told else None)


def number(count: int, k: int = K) -> int | None:
    """A count alone; None where it is too small."""
    return count if count == 0 or count >= k else None


def _gives_away(counts: Mapping[str, int], kept_back: set[str], k: int) -> bool:
    if not kept_back:
        return False
    return len(kept_back) == 1 or sum(counts[one] for one in kept_back) < k

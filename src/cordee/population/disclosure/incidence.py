"""Which smallest groups each figure sums: the matrix that an attacker would write down.

Rows are figures, columns are classes: groups of cells that stand in exactly the same figures,
asked now or published earlier. A class is the smallest set of people anybody can speak of with
these figures; where an EPCI straddles two départements, both parts are classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cordee.population.disclosure.cells import Table
from cordee.runtime.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Footprint:
    """The cells of a figure: its communes, and its values of each dimension that it fixes."""

    communes: frozenset[str]
    values: tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Incidence:
    """`rows`: booleans (figures x classes); `n` and `d`: counts of each class (int64)."""

    rows: np.ndarray
    n: np.ndarray
    d: np.ndarray
    classes: np.ndarray
    """The class of each cell (int64, one for each cell of the table)."""


class CellIndex:
    """Finds the cells of a footprint by one boolean mask for each part of it, made once."""

    def __init__(self, table: Table) -> None:
        """Reads the communes and the values of the cells of `table`."""
        self._communes = _Column(cell.commune for cell in table.cells)
        names = [name for name, _ in table.cells[0].values] if table.cells else []
        self._values = {
            name: _Column(cell.values[at][1] for cell in table.cells)
            for at, name in enumerate(names)
        }

    def mask(self, footprint: Footprint) -> np.ndarray:
        """Booleans, one a cell; raises `InvalidRequest` for a dimension the table lacks."""
        found = self._communes.among(footprint.communes)
        for name, values in footprint.values:
            column = self._values.get(name)
            if column is None:
                raise InvalidRequest(
                    f"The dimension {name} is asked, or stood in an earlier release: "
                    "the table must carry it."
                )
            found = found & column.among(values)
        return found


class _Column:
    def __init__(self, values: Iterable[str]) -> None:
        codes: dict[str, int] = {}
        self._at = np.fromiter((codes.setdefault(v, len(codes)) for v in values), np.int64)
        self._codes = codes
        self._masks: dict[frozenset[str], np.ndarray] = {}

    def among(self, values: frozenset[str]) -> np.ndarray:
        mask = self._masks.get(values)
        if mask is None:
            wanted = np.zeros(len(self._codes), dtype=bool)
            wanted[[self._codes[v] for v in values if v in self._codes]] = True
            mask = self._masks[values] = wanted[self._at]
        return mask


def incidence(table: Table, footprints: Sequence[Footprint]) -> Incidence:
    """The matrix of the figures over the classes of the cells of `table`.

    Cells that stand in no figure form a class too if there are any; its column is empty.
    """
    index = CellIndex(table)
    full = np.array([index.mask(each) for each in footprints], dtype=bool)
    full = full.reshape(len(footprints), len(table.cells))
    first, classes = distinct_columns(full)
    n = _sums(classes, len(first), (cell.n for cell in table.cells))
    d = _sums(classes, len(first), (cell.d or 0 for cell in table.cells))
    return Incidence(full[:, first], n, d, classes)


def distinct_columns(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One column of each kind, and for each column its kind (two arrays of int64)."""
    count = rows.shape[1]
    if not rows.shape[0]:
        return np.zeros(min(count, 1), dtype=np.int64), np.zeros(count, dtype=np.int64)
    packed = np.ascontiguousarray(np.packbits(rows, axis=0).T)
    as_one = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, kind = np.unique(as_one, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.astype(np.int64)


def _sums(classes: np.ndarray, count: int, values: Iterable[int]) -> np.ndarray:
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, classes, np.fromiter(values, np.int64, len(classes)))
    return found

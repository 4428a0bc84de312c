"""What is left of a table after disclosure control, so that its price can be read."""

from __future__ import annotations

from dataclasses import dataclass

from cordee.population.disclosure.cells import Lattice, Table
from cordee.population.disclosure.incidence import CellIndex
from cordee.population.disclosure.released import Merged, Released, Shown
from cordee.population.disclosure.versions import footprint


@dataclass(frozen=True, slots=True)
class Utility:
    """Shares from 0 to 1 over the asked figures, and the areas of the largest merged group.

    `own`: figures shown for the asked area itself. `kept`: those, and figures shown by way of a
    merged group. `covered`: cases of the kept figures among the cases of all asked ones.
    """

    own: float
    kept: float
    covered: float
    largest: int

    def __str__(self) -> str:
        """One line for a log."""
        return (
            f"own {self.own:6.1%}  kept {self.kept:6.1%}  "
            f"covered {self.covered:6.1%}  largest group {self.largest}"
        )


def utility(released: Released, table: Table, lattice: Lattice) -> Utility:
    """The utility of a release; `table` is the one it was made of, and stays inside."""
    index = CellIndex(table)
    asked = [key for key in released.figures if not key.area.startswith("+")]
    own = kept = covered = every = 0
    for key in asked:
        mask = index.mask(footprint(key, lattice.communes(key.level, key.area), lattice))
        cases = sum(cell.n for cell, inside in zip(table.cells, mask, strict=True) if inside)
        every += cases
        own += isinstance(released.figures[key], Shown)
        if isinstance(released.resolved(key), Shown):
            kept += 1
            covered += cases
    sizes: dict[tuple[str, str], set[str]] = {}
    for key, got in released.figures.items():
        if isinstance(got, Merged):
            sizes.setdefault((key.level, got.group), set()).add(key.area)
    count = max(len(asked), 1)
    largest = max(map(len, sizes.values()), default=1)
    return Utility(own / count, kept / count, covered / max(every, 1), largest)

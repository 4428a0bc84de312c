"""The figures that can be shown of what is asked: small areas are put with their neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cordee.population.disclosure.cells import Key, Lattice, Rules, Table
from cordee.population.disclosure.merging import Surroundings, merged
from cordee.population.disclosure.released import Merged, Released


@dataclass(frozen=True, slots=True)
class Rows:
    """`communes` of each figure that can be shown; `into`: the group of each merged figure."""

    communes: Mapping[Key, frozenset[str]]
    into: Mapping[Key, Key]


def rows(table: Table, lattice: Lattice, rules: Rules, before: Sequence[Released] = ()) -> Rows:
    """The figures that are asked, those of merged areas replaced by those of their groups."""
    asked = [Key(k.level, k.area, tuple(sorted(k.bands))) for k in table.asked]
    groups = {
        level: _groups(table, lattice, rules, (level, _stood(level, before)))
        for level in {key.level for key in asked} & set(rules.merge)
    }
    communes: dict[Key, frozenset[str]] = {}
    into: dict[Key, Key] = {}
    for key in asked:
        group = groups.get(key.level, {}).get(key.area, frozenset((key.area,)))
        row = key
        if len(group) > 1:
            row = into[key] = Key(key.level, f"+{min(group)}", key.bands)
        if row not in communes:
            parts = (lattice.communes(key.level, area) for area in group)
            communes[row] = frozenset().union(*parts)
    return Rows(communes, into)


def _groups(
    table: Table,
    lattice: Lattice,
    rules: Rules,
    where: tuple[str, tuple[frozenset[str], ...]],
) -> dict[str, frozenset[str]]:
    """The group of each area of a level, itself included."""
    level, stood = where
    counts: dict[str, tuple[int, int]] = {}
    for cell in table.cells:
        n, d = counts.get(cell.commune, (0, 0))
        counts[cell.commune] = (n + cell.n, d + (cell.d or 0))
    sizes: dict[str, tuple[int, ...]] = {}
    for area, communes in lattice.areas.get(level, {}).items():
        n = sum(counts.get(each, (0, 0))[0] for each in communes)
        d = sum(counts.get(each, (0, 0))[1] for each in communes)
        sizes[area] = (n, d - n) if table.with_people else (n,)
    around = Surroundings(lattice.neighbours.get(level, {}), lattice.parents.get(level, {}), stood)
    return {area: group for group in merged(sizes, around, rules.k) for area in group}


def _stood(level: str, before: Sequence[Released]) -> tuple[frozenset[str], ...]:
    """The groups of the latest release that had any at this level."""
    for past in reversed(before):
        names: dict[str, set[str]] = {}
        for key, got in past.figures.items():
            if key.level == level and isinstance(got, Merged):
                names.setdefault(got.group, set()).add(key.area)
        if names:
            return tuple(frozenset(areas) for areas in names.values())
    return ()

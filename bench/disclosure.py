"""Utility and time of disclosure control on made-up regions: `python -m bench.disclosure`.

Prints for each region the share of figures kept, the share of cases they cover, the largest
merged group and the seconds taken. The numbers are seeded and stand in docs/decisions/0111.
"""

from __future__ import annotations

import itertools
import time

import numpy as np

from cordee.population.disclosure.cells import Cell, Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.releasing import audit, release
from cordee.population.disclosure.utility import utility

AGES = ("0-39", "40-54", "55-64", "65-74", "75+")
RATES = (0.004, 0.03, 0.09, 0.16, 0.2)
STAMP = Stamp("diabetes/1", "load-1", "2025-01-01", "2025-12-31")


def region(communes: int, epcis: int, *, ages: int = 5, seed: int = 1) -> tuple[Table, Lattice]:
    """A region of communes on a line; one EPCI in eight straddles two of four départements."""
    rng = np.random.default_rng(seed)
    codes = [f"c{at:04}" for at in range(communes)]
    sizes = np.maximum(30, rng.lognormal(6.4, 1.2, communes)).astype(int)
    epci = {c: f"e{at * epcis // communes:02}" for at, c in enumerate(codes)}
    departement = {c: f"d{at * 4 // communes}" for at, c in enumerate(codes)}
    bands = [(s, a) for s in ("F", "M") for a in range(ages)] if ages else [("T", -1)]
    cells = []
    for commune, size in zip(codes, sizes.tolist(), strict=True):
        for sex, age in bands:
            d = int(rng.poisson(size / len(bands)))
            n = int(rng.binomial(d, RATES[age] if age >= 0 else 0.06))
            values = (("age", AGES[age]), ("sex", sex)) if ages else ()
            cells.append(Cell(commune, values, n, d))
    areas = {
        "commune": {c: frozenset((c,)) for c in codes},
        "epci": _grouped(epci),
        "departement": _grouped(departement),
        "region": {"r": frozenset(codes)},
    }
    pairs = list(itertools.pairwise(codes))
    near = {c: frozenset(b if a == c else a for a, b in pairs if c in (a, b)) for c in codes}
    around = {"commune": near, "epci": _lifted(near, epci)}
    parents = {"commune": departement, "epci": {epci[c]: departement[c] for c in codes}}
    return Table(tuple(cells), (), STAMP), Lattice(areas, {}, around, parents)


def _grouped(of: dict[str, str]) -> dict[str, frozenset[str]]:
    return {area: frozenset(c for c in of if of[c] == area) for area in sorted(set(of.values()))}


def _lifted(near: dict[str, frozenset[str]], of: dict[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {area: set() for area in of.values()}
    for commune, others in near.items():
        found[of[commune]] |= {of[other] for other in others} - {of[commune]}
    return {area: frozenset(others) for area, others in found.items()}


def asked(lattice: Lattice, levels: tuple[str, ...], *, ages: int) -> tuple[Key, ...]:
    """Every area of some levels, with every total of sex and age."""
    bands: list[tuple[tuple[str, str], ...]] = [()]
    if ages:
        sexes = [("sex", sex) for sex in "FM"]
        bands += [(s,) for s in sexes] + [(("age", a),) for a in AGES[:ages]]
        bands += [(("age", a), s) for a in AGES[:ages] for s in sexes]
    areas = [(level, code) for level in levels for code in lattice.areas[level]]
    return tuple(Key(level, code, band) for level, code in areas for band in bands)


def main() -> None:
    """Prints one line a region."""
    scenes = (
        ("34 EPCI, 4 départements, sex x age", 500, 5, ("epci", "departement", "region"), ()),
        ("the same, small EPCI merged", 500, 5, ("epci", "departement", "region"), ("epci",)),
        ("500 communes", 500, 0, ("commune", "departement", "region"), ()),
        ("500 communes and EPCI", 500, 0, ("commune", "epci", "departement", "region"), ()),
        ("500 communes, merged", 500, 0, ("commune", "departement", "region"), ("commune",)),
        ("500 communes and EPCI, merged", 500, 0, ("commune", "epci", "region"), ("commune",)),
    )
    for name, communes, ages, levels, merge in scenes:
        table, lattice = region(communes, 34, ages=ages)
        table = Table(table.cells, asked(lattice, levels, ages=ages), STAMP)
        start = time.perf_counter()
        got = release(table, lattice, Rules(merge=merge))
        seconds = time.perf_counter() - start
        left = audit(table, lattice, got)
        worth = utility(got, table, lattice)
        print(f"{name:38} {seconds:6.2f} s  {worth}  open {left}")


if __name__ == "__main__":
    main()

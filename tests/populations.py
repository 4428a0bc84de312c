"""Small random regions for disclosure control: areas that overlap, ages, sexes, rare cases."""

from __future__ import annotations

import random
from dataclasses import replace

from cordee.population.disclosure.cells import Cell, Key, Lattice, Stamp, Table

AGES = ("0-64", "65-74", "75+")
STAMP = Stamp("diabetes/1", "load-1", "2025-01-01", "2025-12-31")
LABELS = {"age": {"65+": frozenset(("65-74", "75+")), "all": frozenset(AGES)}}


def region(rng: random.Random, *, dimensions: int | None = None) -> tuple[Table, Lattice]:
    """Five to nine communes; EPCI, CPTS and départements cut them each in their own way."""
    codes = [f"c{at}" for at in range(rng.randint(5, 9))]
    mean = rng.choice((3, 8, 20, 60))
    size = rng.randint(0, 2) if dimensions is None else dimensions
    values = [
        (("age", age), ("sex", sex))[:size]
        for age in AGES[: 3 if size else 1]
        for sex in ("FM" if size == 2 else "F")
    ]
    people = rng.choice((None, 1.3, 4.0))
    cells = []
    for code in codes:
        scale = rng.choice((0.1, 0.5, 1, 1, 3))
        for value in values:
            n = int(rng.expovariate(1 / (mean * scale)))
            d = None if people is None else n + int(rng.expovariate(1 / (mean * scale * people)))
            cells.append(Cell(code, value, n, d))
    near = {
        c: frozenset((*codes[max(0, at - 1) : at], *codes[at + 1 : at + 2]))
        for at, c in enumerate(codes)
    }
    departement = {c: f"d{at * 2 // len(codes)}" for at, c in enumerate(codes)}
    areas = {
        "commune": {c: frozenset((c,)) for c in codes},
        "epci": _parts(rng, codes, 3),
        "cpts": _parts(rng, codes, 3),
        "departement": {
            d: frozenset(c for c in codes if departement[c] == d) for d in ("d0", "d1")
        },
        "region": {"r": frozenset(codes)},
    }
    lattice = Lattice(areas, LABELS, {"commune": near}, {"commune": departement})
    table = Table(tuple(cells), (), STAMP)
    return ask(rng, table, lattice), lattice


def _parts(rng: random.Random, codes: list[str], count: int) -> dict[str, frozenset[str]]:
    of = {code: rng.randrange(count) for code in codes}
    return {
        f"a{part}": frozenset(c for c in codes if of[c] == part)
        for part in sorted(set(of.values()))
    }


def ask(rng: random.Random, table: Table, lattice: Lattice) -> Table:
    """The same table with two to four levels asked, and all or some of the totals."""
    names = [name for name, _ in table.cells[0].values]
    bands: list[tuple[tuple[str, str], ...]] = [()]
    if "age" in names:
        ages = rng.choice((AGES, (*AGES, "65+")))
        bands += [(("age", age),) for age in ages]
    if "sex" in names:
        bands += [(*band, ("sex", sex)) for band in bands for sex in "FM"]
    levels = rng.sample(("commune", "epci", "cpts", "departement", "region"), rng.randint(2, 4))
    asked = tuple(
        Key(level, area, band)
        for level in levels
        for area in lattice.areas[level]
        for band in bands
    )
    return replace(table, asked=asked)


def later(rng: random.Random, table: Table, way: str) -> Table:
    """The table some time after: people joined, left, or both, in a few of its cells."""
    cells = []
    for cell in table.cells:
        n, d = cell.n, cell.d
        if rng.random() < 0.3:
            step = rng.randint(1, 6) * (
                -1 if way == "left" or (way == "both" and rng.random() < 0.5) else 1
            )
            n = max(0, n + step)
            d = None if d is None else max(n, d + n - cell.n)
        cells.append(replace(cell, n=n, d=d))
    return replace(table, cells=tuple(cells), stamp=replace(table.stamp, version="load-2"))


def atoms(table: Table) -> list[dict[str, str]]:
    """What everybody knows of the cells: where they are and what they are called."""
    return [{"commune": cell.commune, **dict(cell.values)} for cell in table.cells]

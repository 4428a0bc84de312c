"""What is told of an indicator: one release for all levels and lenses, the same for everybody.

What may be asked is settled beforehand, so that no choice of questions tells more. Each version of
the facts makes one release, judged against those of the versions before. Rule: decision 0113.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson

from cordee.population.areas.geography import LEVELS, REGION, Geography
from cordee.population.areas.outlines import Outlines
from cordee.population.asking import QUINTILE, RURAL
from cordee.population.disclosure.cells import Cell, K, Key, Lattice, Rules, Stamp, Table
from cordee.population.disclosure.released import Released
from cordee.population.disclosure.releasing import release
from cordee.population.indicators.compiling import period
from cordee.population.indicators.computing import Cell as Counted
from cordee.population.indicators.definition import Indicator

AGES: Final = {"0-44": (0, 45), "45-64": (45, 65), "65-74": (65, 75), "75+": (75, 200)}
_WORTH: Final = 0.6
_BEFORE: Final = 6
_MOST: Final = 200
_WIDE: Final = ("region", "departement")
"""Levels for which sexes and ages are told apart."""


class Publisher:
    """Makes releases and remembers them in a folder, by what they tell of."""

    def __init__(self, geography: Geography, outlines: Outlines, folder: Path) -> None:
        """`folder` is made when something is released."""
        self._geography = geography
        self._folder = folder
        self._lattice = _lattice(geography, outlines)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], Released] = OrderedDict()

    def released(
        self, indicator: Indicator, cells: Sequence[Counted], day: date, version: str
    ) -> Released:
        """The release of an indicator as of a day; `version` of the facts and their source."""
        start, end = period(indicator, day)
        subject = f"{indicator.id} {indicator.version} {version.partition(' ')[2]}".strip()
        stamp = Stamp(subject, version, start.isoformat(), end.isoformat())
        key = (subject, version, stamp.start, stamp.end)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._made(cells, stamp)
                if len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
            return self._kept[key]

    def _made(self, cells: Sequence[Counted], stamp: Stamp) -> Released:
        file = self._folder / f"{_digest(stamp.subject)}.json"
        told = orjson.loads(file.read_bytes()) if file.exists() else []
        before = [Released.from_json(one) for one in told]
        for one in before:
            if one.stamp == stamp:
                return one
        counted = self._cells(cells)
        table = Table(counted, tuple(_asked(self._lattice, counted)), stamp)
        made = release(table, self._lattice, Rules(merge=("commune", "epci")), before)
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_bytes(orjson.dumps([*told, made.to_json()][-_BEFORE:]))
        fresh.replace(file)
        return made

    def _cells(self, cells: Iterable[Counted]) -> tuple[Cell, ...]:
        """Cells by commune, sex and group of ages; people of no known area are left out."""
        sums: dict[tuple[str, str, str], list[int]] = {}
        for one in cells:
            if one.commune in self._geography.atoms:
                found = sums.setdefault((one.commune, one.sex, _group(one.band)), [0, 0])
                found[0] += one.cases
                found[1] += one.people
        return tuple(
            Cell(commune, (("age", age), ("sex", sex)), n, max(n, d))
            for (commune, sex, age), (n, d) in sorted(sums.items())
        )


def lens(geography: Geography, level: str) -> dict[str, str]:
    """Atom -> group of a lens: the quintile or the kind of place of its communes."""
    told: dict[str, str] = {}
    for atom, some in geography.atoms.items():
        first = max(some, key=lambda one: one.people)
        if level == QUINTILE and first.quintile:
            told[atom] = str(first.quintile)
        if level == RURAL and first.rural is not None:
            told[atom] = "rural" if first.rural else "urbain"
    return told


def _lattice(geography: Geography, outlines: Outlines) -> Lattice:
    areas: dict[str, dict[str, frozenset[str]]] = {}
    for level in (*LEVELS, QUINTILE, RURAL):
        told = lens(geography, level) if level in {QUINTILE, RURAL} else geography.level(level)
        groups: dict[str, set[str]] = {}
        for atom, area in told.items():
            groups.setdefault(area, set()).add(atom)
        areas[level] = {area: frozenset(some) for area, some in groups.items()}
    near = {level: outlines.neighbours(level) for level in ("commune", "epci")}
    parents = {
        level: {code: told[0] for code, told in geography.departements(level).items()}
        for level in ("commune", "epci")
    }
    return Lattice(areas, {}, near, parents)


def _asked(lattice: Lattice, cells: Sequence[Cell]) -> Iterable[Key]:
    """The figures of every level that is worth telling; lenses of sex and age where people abound.

    A level most areas of which would be hidden or merged is left out: it tells little, and what
    protects it would cost the levels above it.
    """
    for level, areas in lattice.areas.items():
        if level != REGION and _large(cells, areas) < _WORTH * len(areas):
            continue
        yield from (Key(level, area) for area in sorted(areas))
        for names in (("sex", ("female", "male")), ("age", tuple(AGES))):
            keys = [
                Key(level, area, ((names[0], one),)) for area in sorted(areas) for one in names[1]
            ]
            if level in _WIDE and _large_bands(cells, lattice, keys) == len(keys):
                yield from keys


def _large(cells: Sequence[Cell], areas: Mapping[str, frozenset[str]]) -> int:
    """How many areas have as many cases as may be told."""
    by_atom: dict[str, int] = {}
    for one in cells:
        by_atom[one.commune] = by_atom.get(one.commune, 0) + one.n
    return sum(sum(by_atom.get(one, 0) for one in some) >= K for some in areas.values())


def _large_bands(cells: Sequence[Cell], lattice: Lattice, keys: Sequence[Key]) -> int:
    found: dict[tuple[str, tuple[str, str]], int] = {}
    for one in cells:
        for pair in one.values:
            found[one.commune, pair] = found.get((one.commune, pair), 0) + one.n
    return sum(
        sum(found.get((atom, key.bands[0]), 0) for atom in lattice.areas[key.level][key.area]) >= K
        for key in keys
    )


def _group(band: int) -> str:
    return next(name for name, (low, high) in AGES.items() if low <= band < high)


def _digest(subject: str) -> str:
    return hashlib.blake2b(subject.encode(), digest_size=10).hexdigest()


def plain(released: Released) -> dict[str, Any]:
    """A release as JSON, for the API and for snapshots."""
    return released.to_json()

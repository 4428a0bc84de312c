"""What is told of an indicator: one release for all levels and lenses, the same for everybody.

What may be asked is settled beforehand, so that no choice of questions tells more. A period is
released once, and judged against the periods before. Rule: decision 0113.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from cordee.runtime.errors import NotFound

AGES: Final = {"0-44": (0, 45), "45-64": (45, 65), "65-74": (65, 75), "75+": (75, 200)}
_WORTH: Final = 0.9
BEFORE: Final = 60
"""How many releases of a subject are remembered; those near in time are compared (`related`)."""
_MOST: Final = 200
Counting = tuple[Sequence[Counted], str]


@dataclass(frozen=True, slots=True)
class Publication:
    """A release with the cells that it is made of, which stay inside, and their version."""

    released: Released
    cells: tuple[Counted, ...]
    version: str


class Publisher:
    """Publishes each indicator once for a period and a source, and keeps it in a folder."""

    def __init__(self, geography: Geography, outlines: Outlines, folder: Path) -> None:
        """`folder` is made when something is published."""
        self._geography = geography
        self._folder = folder
        self._lattice = _lattice(geography, outlines)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Publication] = OrderedDict()

    def published(
        self, indicator: Indicator, day: date, source: str, count: Callable[[], Counting]
    ) -> Publication:
        """What is published of an indicator as of a day; counted and released the first time.

        `count` gives the cells and the version of the facts. Raises `NotFound` where there is none.
        """
        start, end = period(indicator, day)
        subject = f"{indicator.id} {indicator.version} {source}"
        name = digest(f"{subject} {start} {end}")
        with self._lock:
            if name not in self._kept:
                file = self._folder / f"{name}.json"
                if file.exists():
                    made = _read(orjson.loads(file.read_bytes()))
                else:
                    made = self._made(count, (subject, start.isoformat(), end.isoformat()))
                    put(file, orjson.dumps(_written(made)))
                self._kept[name] = made
                if len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
            return self._kept[name]

    def _made(self, count: Callable[[], Counting], told: tuple[str, str, str]) -> Publication:
        """Counts and releases, beside what was released before of the same subject."""
        cells, version = count()
        subject, start, end = told
        counted = self._cells(cells)
        if not counted:
            raise NotFound("nothing is known of this indicator")
        file = self._folder / f"{digest(subject)}.releases"
        earlier = orjson.loads(file.read_bytes()) if file.exists() else []
        table = Table(
            counted, tuple(_asked(self._lattice, counted)), Stamp(subject, version, start, end)
        )
        before = [Released.from_json(one) for one in earlier]
        made = release(table, self._lattice, Rules(merge=("commune", "epci")), before)
        put(file, orjson.dumps([*earlier, made.to_json()][-BEFORE:]))
        return Publication(made, tuple(cells), version)

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
    """The figures of every level that is worth telling; sexes and ages where people abound.

    A level of which some areas in ten would be hidden or merged is left out: it tells little, and
    what protects it would cost the levels above it. Sexes and ages are told of the region, and only
    where communes are told too: they cut what is rare into cells that nothing could protect.
    """
    told = [
        level for level, areas in lattice.areas.items()
        if level == REGION or _large(cells, areas) >= _WORTH * len(areas)
    ]  # fmt: skip
    for level in told:
        yield from (Key(level, area) for area in sorted(lattice.areas[level]))
    if "commune" not in told:
        return
    for name, labels in (("sex", ("female", "male")), ("age", tuple(AGES))):
        keys = [Key(REGION, REGION, ((name, one),)) for one in labels]
        if _large_bands(cells, keys) == len(keys):
            yield from keys


def _large(cells: Sequence[Cell], areas: Mapping[str, frozenset[str]]) -> int:
    """How many areas have as many cases as may be told."""
    by_atom: dict[str, int] = {}
    for one in cells:
        by_atom[one.commune] = by_atom.get(one.commune, 0) + one.n
    return sum(sum(by_atom.get(one, 0) for one in some) >= K for some in areas.values())


def _large_bands(cells: Sequence[Cell], keys: Sequence[Key]) -> int:
    """How many of these bands of the region have as many cases as may be told."""
    found: dict[tuple[str, str], int] = {}
    for one in cells:
        for pair in one.values:
            found[pair] = found.get(pair, 0) + one.n
    return sum(found.get(key.bands[0], 0) >= K for key in keys)


def _group(band: int) -> str:
    return next(name for name, (low, high) in AGES.items() if low <= band < high)


def digest(subject: str) -> str:
    """The name of the file of a subject."""
    return hashlib.blake2b(subject.encode(), digest_size=10).hexdigest()


def put(file: Path, body: bytes) -> None:
    """Writes a file at one stroke, in a folder that only we read."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(body)
    fresh.replace(file)


def _written(made: Publication) -> dict[str, Any]:
    cells = [[one.commune, one.sex, one.band, one.cases, one.people] for one in made.cells]
    return {"released": made.released.to_json(), "cells": cells, "version": made.version}


def _read(told: Mapping[str, Any]) -> Publication:
    cells = tuple(Counted(*one) for one in told["cells"])
    return Publication(Released.from_json(told["released"]), cells, told["version"])

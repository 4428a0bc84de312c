"""A real region beside ours, from open data: prevalence by département, what care there is.

The cells are published by the Assurance Maladie under its own threshold: what it leaves out is not
published here either, and is never 0. Nobody of ours is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from shapely import make_valid
from shapely.geometry import shape

from cordee.population.asking import OpenQuestion
from cordee.population.maps.drawing import Atlas, drawn
from cordee.population.sources.description import Description, shipped
from cordee.population.sources.offer import Density, Establishment, Way
from cordee.population.sources.places import Departement
from cordee.population.sources.prevalence import EVERY, Cell
from cordee.population.sources.store import (
    CELLS,
    DENSITIES,
    DEPARTEMENTS,
    ESTABLISHMENTS,
    WAYS,
    Store,
)
from cordee.population.statistics.rates import Estimate
from cordee.population.statistics.standardising import Count, Stratum, direct
from cordee.runtime.errors import InvalidRequest

SEXES: Final = ("all", "female", "male")
ENOUGH: Final = 0.9
"""The ages that all share must hold this part of the cases, or who lacks most is left out."""
_FIRST: Final = "Diabète"
_PROFESSION: Final = "Ensemble des médecins généralistes"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a source, by its id, source and name."""

    id: str
    source: Description
    name: str


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A département: its cell of all ages, its standardised figure, what care there is.

    None is what is not published.
    """

    code: str
    name: str
    cases: float | None
    people: float | None
    crude: float | None
    figure: Estimate | None
    density: float | None
    kilometres: float | None
    establishments: int | None


@dataclass(frozen=True, slots=True)
class OpenReading:
    """The rows, the highest figure first; `ages` are the bands that the figures stand on.

    `reference` is how many people of these ages the standard has.
    """

    asked: OpenQuestion
    group: Group
    groups: tuple[Group, ...]
    years: tuple[int, ...]
    professions: tuple[str, ...]
    rows: tuple[OpenRow, ...]
    ages: tuple[int, ...]
    mean: float | None
    reference: float
    used: tuple[Description, ...]
    unreadable: tuple[str, ...]
    left_out: int


class Elsewhere:
    """Reads the open data of an installation."""

    def __init__(self, store: Store) -> None:
        """Nothing is read yet."""
        self._store = store

    def reading(self, asked: OpenQuestion) -> OpenReading | None:
        """A group by département; None where no data were taken in; raises `InvalidRequest`."""
        keys = self._store.keys(CELLS, ("source", "group", "year", "sex"))
        groups = _groups(keys)
        if not groups:
            return None
        group = _chosen(groups, asked.group)
        own = [(year, sex) for source, name, year, sex in keys
               if (source, name) == (group.source.id, group.name)]  # fmt: skip
        years = sorted({year for _, _, year, _ in keys})
        year = asked.year or max(one for one, _ in own)
        if year not in years or asked.sex not in SEXES:
            raise InvalidRequest("this year or sex cannot be asked for")
        made = OpenQuestion(group.id, year, asked.sex, self._profession(asked.profession))
        return self._made(made, group, groups, tuple(years))

    def atlas(self) -> Atlas | None:
        """The outlines of the départements; None where none are told."""
        contours = self._store.contours()
        if not contours:
            return None
        shapes = {code: make_valid(shape(one)) for code, one in contours.items()}
        return drawn(shapes, {})

    def _made(
        self, asked: OpenQuestion, group: Group, groups: Sequence[Group], years: tuple[int, ...]
    ) -> OpenReading:
        cells = self._store.read(
            CELLS, Cell, source=group.source.id, group=group.name, year=asked.year, sex=asked.sex
        )
        places = self._departements({one.departement for one in cells})
        shown = {one.code for one in places}
        strata = _strata([one for one in cells if one.departement in shown])
        figures, ages, weights = standardised(strata)
        every = {one.departement: one for one in cells if one.band == EVERY}
        care = _care(self._store, asked.profession, self._store.stamp())
        rows = [_row(one, every.get(one.code), figures.get(one.code), care) for one in places]
        rows.sort(key=lambda row: (row.figure is None, -(row.figure.value if row.figure else 0.0),
                                   row.name))  # fmt: skip
        taken = [one for one in self._store.taken() if one.source == group.source.id]
        return OpenReading(
            asked, group, tuple(groups), years, self._professions(), tuple(rows), ages,
            _mean(strata, ages, weights), sum(weights.values()), self._used(group),
            tuple(name for one in taken for name in one.unreadable),
            sum(one.left_out for one in taken),
        )  # fmt: skip

    def _departements(self, told: set[str]) -> list[Departement]:
        """Those that the map draws, or those that have a cell where nothing is drawn."""
        shown = self._store.contours().keys() or told
        names = {one.code: one for one in self._store.read(DEPARTEMENTS, Departement)}
        return [names.get(code, Departement(code, code, "")) for code in sorted(shown)]

    def _professions(self) -> tuple[str, ...]:
        return tuple(name for (name,) in self._store.keys(DENSITIES, ("profession",)))

    def _profession(self, asked: str) -> str:
        names = self._professions()
        if asked and asked not in names:
            raise InvalidRequest(f"{asked[:60]} is no profession here")
        return asked or next((one for one in names if one == _PROFESSION), next(iter(names), ""))

    def _used(self, group: Group) -> tuple[Description, ...]:
        found = shipped()
        names = [group.source.id]
        for table in (DENSITIES, WAYS, ESTABLISHMENTS):
            names += self._store.sources(table)
        names += ["contours-departements"] if self._store.contours() else []
        return tuple(found[one] for one in names if one in found)


@dataclass(frozen=True, slots=True)
class _Care:
    """What care there is, by département."""

    densities: Mapping[str, float]
    kilometres: Mapping[str, float]
    establishments: Mapping[str, int]


def standardised(
    strata: Mapping[str, Mapping[Stratum, Count]],
) -> tuple[dict[str, Estimate], tuple[int, ...], dict[Stratum, float]]:
    """Directly standardised figures on the ages that all have, those ages, the weights.

    The reference is all the départements that are told, together. While the ages that all share
    hold less than `ENOUGH` of the cases, the one with fewest ages is left out: it is not told.
    """
    kept = {code: one for code, one in strata.items() if one}
    while kept:
        shared = set.intersection(*(set(one) for one in kept.values()))
        cases = sum(one.cases for some in kept.values() for one in some.values())
        held = sum(some[key].cases for some in kept.values() for key in shared)
        if shared and held >= ENOUGH * cases:
            weights = {key: sum(some[key].people for some in kept.values()) for key in shared}
            figures = {
                code: direct({key: some[key] for key in sorted(shared)}, weights)
                for code, some in kept.items()
            }
            return figures, tuple(sorted(band for _, band in shared)), weights
        del kept[min(kept, key=lambda code: (len(kept[code]), code))]
    return {}, (), {}


def _strata(cells: Sequence[Cell]) -> dict[str, dict[Stratum, Count]]:
    """What is published by département and age; raises for a cell that is told twice otherwise."""
    found: dict[str, dict[Stratum, Count]] = {}
    for one in cells:
        if one.band == EVERY or one.cases is None:
            continue
        some, key = found.setdefault(one.departement, {}), (one.sex, one.band)
        told = Count(one.cases, one.people)
        if some.get(key, told) != told:
            raise InvalidRequest(f"{one.group}: told twice in {one.departement} at {one.band}")
        some[key] = told
    return found


def _mean(
    strata: Mapping[str, Mapping[Stratum, Count]], ages: Sequence[int],
    weights: Mapping[Stratum, float],
) -> float | None:  # fmt: skip
    """The rate of all together at the ages that all share: what each figure is compared with."""
    told = [one for some in strata.values() if set(some) >= set(weights)
            for key, one in some.items() if key in weights]  # fmt: skip
    people = sum(one.people for one in told)
    return sum(one.cases for one in told) / people if ages and people else None


def _row(place: Departement, cell: Cell | None, figure: Estimate | None, care: _Care) -> OpenRow:
    cases = cell.cases if cell else None
    people = cell.people if cell else None
    crude = cases / people if cases is not None and people else None
    return OpenRow(
        place.code, place.name, cases, people, crude, figure, care.densities.get(place.code),
        care.kilometres.get(place.code), care.establishments.get(place.code),
    )  # fmt: skip


def _groups(keys: Sequence[tuple[Any, ...]]) -> list[Group]:
    found: dict[str, Group] = {}
    for source, name, _year, _sex in keys:
        told = shipped().get(source)
        if told is not None:
            found[f"{source}:{name}"] = Group(f"{source}:{name}", told, name)
    return list(found.values())


def _chosen(groups: Sequence[Group], asked: str) -> Group:
    """The group that is asked for; diabetes of the fullest source where nothing is."""
    if asked:
        found = next((one for one in groups if one.id == asked), None)
        if found is None:
            raise InvalidRequest(f"{asked[:60]} is no group here")
        return found
    first = [one for one in groups if one.name == _FIRST]
    summed = [one for one in first or groups if one.source.counted > 1]
    return next(iter(summed or first or groups))


@lru_cache(maxsize=64)
def _care(store: Store, profession: str, _stamp: int) -> _Care:
    """Read once for what was taken in, which the stamp tells."""
    densities = {
        one.departement: one.density
        for one in store.read(DENSITIES, Density, profession=profession)
    }
    people: dict[str, float] = {}
    far: dict[str, float] = {}
    for way in store.read(WAYS, Way):
        people[way.departement] = people.get(way.departement, 0.0) + way.people
        far[way.departement] = far.get(way.departement, 0.0) + way.people * way.kilometres
    counts: dict[str, int] = {}
    for one in store.read(ESTABLISHMENTS, Establishment):
        counts[one.departement] = counts.get(one.departement, 0) + 1
    kilometres = {code: far[code] / n for code, n in people.items() if n}
    return _Care(densities, kilometres, counts)

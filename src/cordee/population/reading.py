"""An indicator read by areas: the same rows make the map, the table and the file.

Counts are those of the release; a figure is made for who is shown alone or with neighbours, and for
nobody else. Rules: G2.1, G2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cordee.population.areas.geography import Geography
from cordee.population.asking import CRUDE, EUROPE, RATIO, SMOOTH, STANDARD, Question
from cordee.population.disclosure.cells import Key
from cordee.population.disclosure.released import Merged, Released, Shown
from cordee.population.indicators.computing import Cell
from cordee.population.indicators.definition import Indicator
from cordee.population.statistics.rates import Estimate, estimate
from cordee.population.statistics.references import EUROPEAN, weight
from cordee.population.statistics.smoothing import smoothed
from cordee.population.statistics.standardising import (
    Count,
    Stratum,
    added,
    direct,
    expected,
    indirect,
    total,
)


@dataclass(frozen=True, slots=True)
class Row:
    """An area, or several told together: counts, its figure, the départements that it lies in.

    `cases`, `people` and `figure` are None for what is not told. `members` are the areas of a
    group, the area itself otherwise.
    """

    code: str
    names: tuple[str, ...]
    members: tuple[str, ...]
    departements: tuple[str, ...]
    cases: int | None = None
    people: int | None = None
    figure: Estimate | None = None

    @property
    def is_told(self) -> bool:
        """Whether its figure may be read."""
        return self.figure is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of a level, the highest figure first, what is not told last; `mean` of the region.

    `levels` are those that this indicator is told for.
    """

    level: str
    kind: str
    rows: tuple[Row, ...]
    mean: Estimate | None
    people: int
    cases: int | None
    levels: tuple[str, ...]

    @property
    def hidden(self) -> int:
        """How many areas are not told, alone or with others."""
        return sum(len(one.members) for one in self.rows if not one.is_told)


class Reader:
    """Reads one indicator: its cells stay inside, rows go out."""

    def __init__(
        self, indicator: Indicator, geography: Geography, cells: Sequence[Cell], told: Released
    ) -> None:
        """`told` is the release of these cells."""
        self._indicator = indicator
        self._geography = geography
        self._told = told
        self._atoms = _strata(cells)
        self._region = added(self._atoms.values())

    def reading(self, asked: Question) -> Reading:
        """The rows of a level; none where the level is not told."""
        rows = list(self._rows(asked.level))
        figures = self._figures(rows, asked)
        made = [_with(row, figures.get(row.code)) if row.cases is not None else row for row in rows]
        made.sort(key=lambda row: (row.figure is None, -(row.figure.value if row.figure else 0)))
        whole = self._told.figures.get(Key("region", "region"))
        cases = whole.n if isinstance(whole, Shown) else None
        people = round(total(self._region).people)
        return Reading(
            asked.level, asked.kind, tuple(made), self._mean(cases, people, asked), people, cases,
            self.levels(),
        )  # fmt: skip

    def levels(self) -> tuple[str, ...]:
        """The levels that the release tells of."""
        return tuple(dict.fromkeys(key.level for key in self._told.figures if not key.bands))

    def groups(self, level: str) -> dict[str, Count]:
        """The told counts of a lens, by group in their order."""
        found = {
            key.area: got
            for key, got in self._told.figures.items()
            if key.level == level and not key.bands and isinstance(got, Shown)
        }
        return {area: Count(got.n, got.d or 0) for area, got in sorted(found.items())}

    def bands(self, name: str) -> dict[str, Count]:
        """The told counts of the region by sex or age."""
        found = {
            key.bands[0][1]: got
            for key, got in self._told.figures.items()
            if key.level == "region" and key.bands and key.bands[0][0] == name
        }
        return {
            one: Count(got.n, got.d or 0) for one, got in found.items() if isinstance(got, Shown)
        }

    def _rows(self, level: str) -> Iterable[Row]:
        members: dict[str, list[str]] = {}
        for key, got in self._told.figures.items():
            if key.level == level and not key.bands and not key.area.startswith("+"):
                place = got.group if isinstance(got, Merged) else key.area
                members.setdefault(place, []).append(key.area)
        departements = self._geography.departements(level)
        for place, areas in members.items():
            got = self._told.figures[Key(level, place)]
            where = dict.fromkeys(one for area in areas for one in departements.get(area, ()))
            names = tuple(self._geography.name(level, area) for area in areas)
            row = Row(place, names, tuple(areas), tuple(where))
            yield _counted(row, got) if isinstance(got, Shown) else row

    def _figures(self, rows: Sequence[Row], asked: Question) -> Mapping[str, Estimate]:
        told = [row for row in rows if row.cases is not None]
        if asked.kind == CRUDE:
            return {
                row.code: estimate(row.cases or 0, row.people or 0, is_share=self._is_share)
                for row in told
                if row.people
            }
        strata = {row.code: self._strata_of(row.code, asked.level) for row in told}
        if asked.kind == SMOOTH:
            return self._smooth(strata)
        if asked.kind == RATIO:
            return {
                code: indirect(one, self._region)
                for code, one in strata.items()
                if expected(one, self._region)
            }
        weights = self._weights(asked.reference)
        return {code: direct(one, weights) for code, one in strata.items() if total(one).people}

    def _smooth(self, strata: Mapping[str, Mapping[Stratum, Count]]) -> Mapping[str, Estimate]:
        """Ratios to what is expected, drawn to the mean of what is told, as rates of the region."""
        areas = {
            code: Count(total(one).cases, expected(one, self._region))
            for code, one in strata.items()
        }
        areas = {code: one for code, one in areas.items() if one.people}
        whole = total(self._region)
        if not areas or not whole.people:
            return {}
        rate = whole.cases / whole.people
        found = {}
        for code, one in smoothed(areas).items():
            value = one.value * rate
            bounds = indirect(strata[code], self._region)
            near, far = bounds.low * rate, bounds.high * rate
            low, high = (value + one.own * (edge - value) for edge in (near, far))
            found[code] = Estimate(value, min(low, value), max(high, value), "marshall")
        return found

    def _mean(self, cases: int | None, people: int, asked: Question) -> Estimate | None:
        if cases is None or not people:
            return None
        if asked.kind == RATIO:
            return Estimate(1.0, 1.0, 1.0, "reference")
        if asked.kind == STANDARD and asked.reference == EUROPE:
            return direct(self._region, self._weights(EUROPE))
        return estimate(cases, people, is_share=self._is_share)

    def _weights(self, reference: str) -> dict[Stratum, float]:
        if reference == EUROPE:
            return {key: weight(EUROPEAN, key[1]) for key in self._region}
        return {key: one.people for key, one in self._region.items()}

    def _strata_of(self, place: str, level: str) -> Mapping[Stratum, Count]:
        atoms = self._told.areas[level][place]
        return added(self._atoms[one] for one in atoms if one in self._atoms)

    @property
    def _is_share(self) -> bool:
        return self._indicator.measure != "rate"


def _strata(cells: Iterable[Cell]) -> dict[str, dict[Stratum, Count]]:
    found: dict[str, dict[Stratum, Count]] = {}
    for one in cells:
        if one.commune:
            found.setdefault(one.commune, {})[one.sex, one.band] = Count(one.cases, one.people)
    return found


def _counted(row: Row, got: Shown) -> Row:
    return Row(row.code, row.names, row.members, row.departements, got.n, got.d)


def _with(row: Row, figure: Estimate | None) -> Row:
    return Row(row.code, row.names, row.members, row.departements, row.cases, row.people, figure)

"""What lies over the map of an indicator: deprivation, way to care, teams, density, gap.

Public facts of areas, for the rows of a reading, grouped as they are. What is not told is None.
Rule: G2.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cordee.population.areas.access import nearest, offering, within_reach
from cordee.population.areas.files import Folder
from cordee.population.areas.geography import Commune, Geography
from cordee.population.asking import (
    LAYER_ACCESS,
    LAYER_DENSITY,
    LAYER_DEPRIVATION,
    LAYER_DISTANCE,
    LAYER_GAP,
    LAYER_TEAMS,
    LAYERS,
    digits,
)
from cordee.population.gap import (
    DENSITY,
    DEPRIVATION,
    FIGURE,
    PROXIMITY,
    Care,
    Definition,
    Gap,
    gaps,
    shipped,
)
from cordee.population.indicators.definition import Indicator
from cordee.population.reading import Reading
from cordee.runtime.errors import InvalidRequest

_PER: Final = 100_000
GENERALIST: Final = "médecin généraliste"
"""As `offre.csv` names them."""


@dataclass(frozen=True, slots=True)
class Layer:
    """An overlay by the codes of rows.

    `values` are a mean quintile, minutes, teams, professionals for 100,000 people or the index;
    `marked` the areas past `bound`; `names` the teams of each.
    """

    name: str
    values: Mapping[str, float | None]
    marked: frozenset[str]
    bound: float
    care: Care
    definition: Definition
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gaps: Mapping[str, Gap] = field(default_factory=dict)


class Overlays:
    """Overlays of one region."""

    def __init__(self, geography: Geography, files: Folder) -> None:
        """`files` tell of teams, establishments and professionals."""
        self._geography = geography
        self._files = files
        self._definition = shipped()
        self._ways: dict[Care, dict[str, float]] = {}

    def layer(self, name: str, indicator: Indicator, reading: Reading) -> Layer:
        """An overlay for the rows of a reading, which is standardised where the gap is asked for.

        Raises `InvalidRequest` for an unknown name.
        """
        if name not in LAYERS:
            raise InvalidRequest(f"{name} is none of {', '.join(LAYERS)}")
        care = self._definition.care_of(indicator.theme)
        members = self._geography.members(reading.level)
        places = {
            row.code: [one for area in row.members for one in members.get(area, ())]
            for row in reading.rows
        }
        if name == LAYER_TEAMS:
            return self._teams(care, places)
        if name == LAYER_GAP:
            return self._gap(care, indicator, reading, places)
        values = self._values(name, care, places)
        bound = self._bound(name, care)
        is_low = name in {LAYER_DENSITY, LAYER_ACCESS}
        marked = frozenset(
            code
            for code, one in values.items()
            if one is not None and (one < bound if is_low else one >= bound)
        )
        return Layer(name, values, marked, bound, care, self._definition)

    def _values(
        self, name: str, care: Care, places: Mapping[str, Sequence[Commune]]
    ) -> dict[str, float | None]:
        if name == LAYER_DEPRIVATION:
            return {code: _quintile(some) for code, some in places.items()}
        if name == LAYER_DISTANCE:
            ways = self._minutes(care)
            return {code: _weighted(some, ways) for code, some in places.items()}
        if name == LAYER_ACCESS:
            return {code: _per(_weighted(some, self._reach)) for code, some in places.items()}
        supply = self._files.supply(care.speciality)
        return {code: _density(some, supply) for code, some in places.items()}

    @cached_property
    def _reach(self) -> dict[str, float]:
        return within_reach(self._geography.communes, self._files.supply(GENERALIST))

    def _bound(self, name: str, care: Care) -> float:
        marks = self._definition.marks
        if name not in {LAYER_DENSITY, LAYER_ACCESS}:
            return marks["deprivation" if name == LAYER_DEPRIVATION else "distance"]
        communes = self._geography.communes
        if name == LAYER_ACCESS:
            return (_per(_weighted(communes, self._reach)) or 0.0) * marks["density"]
        supply = self._files.supply(care.speciality)
        return (_density(communes, supply) or 0.0) * marks["density"]

    def _teams(self, care: Care, places: Mapping[str, Sequence[Commune]]) -> Layer:
        told: dict[str, list[str]] = {}
        for team in self._files.teams():
            told.setdefault(team.commune, []).append(team.name)
        names = {
            code: tuple(name for one in some for name in told.get(one.code, ()))
            for code, some in places.items()
        }
        return Layer(
            LAYER_TEAMS, {code: float(len(some)) for code, some in names.items()},
            frozenset(code for code, some in names.items() if some), 1.0, care, self._definition,
            names,
        )  # fmt: skip

    def _gap(
        self, care: Care, indicator: Indicator, reading: Reading,
        places: Mapping[str, Sequence[Commune]],
    ) -> Layer:  # fmt: skip
        figures = _told(indicator, reading)
        ways = self._values(LAYER_DISTANCE, care, places)
        by_term: dict[str, Mapping[str, float | None]] = {
            FIGURE: figures,
            DEPRIVATION: self._values(LAYER_DEPRIVATION, care, places),
            DENSITY: self._values(LAYER_DENSITY, care, places),
            PROXIMITY: {code: None if one is None else -one for code, one in ways.items()},
        }
        told = {code: {term: some.get(code) for term, some in by_term.items()} for code in places}
        found = gaps(self._definition, told)
        bound = self._definition.marks["gap"]
        return Layer(
            LAYER_GAP, {code: found[code].value if code in found else None for code in places},
            frozenset(code for code, one in found.items() if one.value >= bound), bound, care,
            self._definition, gaps=found,
        )  # fmt: skip

    def _minutes(self, care: Care) -> dict[str, float]:
        """Minutes from each commune to the nearest specialist or centre; none where none is."""
        if care not in self._ways:
            codes = {code for code, n in self._files.supply(care.speciality).items() if n > 0}
            codes |= offering(self._files.centres(), care.activity)
            self._ways[care] = nearest(self._geography.communes, codes)
        return self._ways[care]


def _told(indicator: Indicator, reading: Reading) -> dict[str, float]:
    """Need by area: figures with the digits that are told, less than 0 where high is good."""
    values = {row.code: row.figure.value for row in reading.rows if row.figure}
    precision = digits(values.values(), indicator.per)
    sign = -1.0 if indicator.high_is == "good" else 1.0
    return {code: sign * round(one * indicator.per, precision) for code, one in values.items()}


def _quintile(some: Sequence[Commune]) -> float | None:
    """The mean quintile of deprivation, by people; None where none is told."""
    told = [one for one in some if one.quintile]
    people = sum(one.people for one in told)
    return sum(one.quintile * one.people for one in told) / people if people else None


def _weighted(some: Sequence[Commune], ways: Mapping[str, float]) -> float | None:
    told = [one for one in some if one.code in ways]
    people = sum(one.people for one in told)
    return sum(ways[one.code] * one.people for one in told) / people if people else None


def _per(value: float | None) -> float | None:
    return None if value is None else _PER * value


def _density(some: Sequence[Commune], supply: Mapping[str, float]) -> float | None:
    """Professionals for 100,000 people; None where nobody is told anywhere."""
    people = sum(one.people for one in some)
    if not supply or not people:
        return None
    return _PER * sum(supply.get(one.code, 0.0) for one in some) / people

"""Four départements, 32 EPCI and 160 communes that exist on no map but this one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cordee.app.region.chance import Weighted, dice
from cordee.app.region.coding import Json
from cordee.app.region.geometry import position, ring
from cordee.app.region.toponyms import COUNTIES, GROUPINGS, TOWNS

COMMUNES_A_GROUPING: Final = 5
GROUPINGS_A_COUNTY: Final = 8
BAND: Final = 2
COUNTY_COLUMNS: Final = 8
COUNTY_ROWS: Final = 5
INHABITANTS: Final = 1_157_995
SMALLEST, LARGEST, STEEPNESS = 900.0, 5200.0, 2.2
SEED: Final = 1_157_995


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune: code of five digits in a series that no real département has (960 to 963)."""

    code: str
    name: str
    county: str
    grouping: int
    inhabitants: int
    column: int
    row: int
    longitude: float
    latitude: float

    @property
    def postal_code(self) -> str:
        """Five digits; no real postal code begins with 96."""
        return f"{self.code[:4]}0"


@dataclass(frozen=True, slots=True)
class Grouping:
    """An EPCI: its number, SIREN-shaped code, name, county and communes, the seat first."""

    number: int
    code: str
    name: str
    county: str
    communes: tuple[Commune, ...]


@lru_cache(maxsize=1)
def communes() -> tuple[Commune, ...]:
    """All communes, in the order of their groupings."""
    weights = _weights()
    scale = INHABITANTS / sum(weights)
    counts = [round(weight * scale) for weight in weights]
    counts[0] += INHABITANTS - sum(counts)
    return tuple(_commune(number, count) for number, count in enumerate(counts))


@lru_cache(maxsize=1)
def groupings() -> tuple[Grouping, ...]:
    """All EPCI, eight a county."""
    every = communes()
    return tuple(
        Grouping(
            number,
            f"20096{number:04d}",
            name,
            "ABCD"[number // GROUPINGS_A_COUNTY],
            every[number * COMMUNES_A_GROUPING : (number + 1) * COMMUNES_A_GROUPING],
        )
        for number, (name, _) in enumerate(GROUPINGS)
    )


@lru_cache(maxsize=256)
def commune(name: str) -> Commune:
    """The commune of that name; KeyError when the region has none."""
    for candidate in communes():
        if candidate.name == name:
            return candidate
    raise KeyError(name)


@lru_cache(maxsize=1)
def homes() -> Weighted[Commune]:
    """Communes weighted by their inhabitants."""
    every = communes()
    return Weighted(every, [place.inhabitants for place in every])


def geojson() -> Json:
    """FeatureCollection of the communes, with code, name, county, grouping and inhabitants."""
    names = {number: name for number, (name, _) in enumerate(GROUPINGS)}
    features = [
        {
            "type": "Feature",
            "id": place.code,
            "properties": {
                "code": place.code,
                "name": place.name,
                "county": place.county,
                "county_name": COUNTIES[place.county],
                "grouping": names[place.grouping],
                "inhabitants": place.inhabitants,
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[list(point) for point in ring(place.column, place.row)]],
            },
        }
        for place in communes()
    ]
    return {"type": "FeatureCollection", "features": features}


def neighbours(first: Commune, second: Commune) -> bool:
    """True when two communes share a border."""
    borders = set(ring(first.column, first.row)) & set(ring(second.column, second.row))
    return first != second and len(borders) > 1


def _commune(number: int, inhabitants: int) -> Commune:
    grouping, rank = divmod(number, COMMUNES_A_GROUPING)
    county, place = divmod(grouping, GROUPINGS_A_COUNTY)
    column, row = _cell(county, place, rank)
    longitude, latitude = position(column, row)
    serial = place * COMMUNES_A_GROUPING + rank + 1
    name = GROUPINGS[grouping][1][rank]
    return Commune(
        f"96{county}{serial:02d}",
        name,
        "ABCD"[county],
        grouping,
        inhabitants,
        column,
        row,
        longitude,
        latitude,
    )


def _cell(county: int, place: int, rank: int) -> tuple[int, int]:
    """Column and row: groupings follow a zigzag down bands two cells wide."""
    band, half = divmod(place, 2)
    step = half * COMMUNES_A_GROUPING + (COMMUNES_A_GROUPING - 1 - rank if half else rank)
    down, across = divmod(step, BAND)
    if down % 2:
        across = 1 - across
    east, south = county % 2, county // 2
    return east * COUNTY_COLUMNS + band * BAND + across, south * COUNTY_ROWS + down


def _weights() -> list[float]:
    rng = dice(SEED, "inhabitants")
    drawn = [(name, _village(rng.random())) for _, names in GROUPINGS for name in names]
    return [TOWNS.get(name, weight) for name, weight in drawn]


def _village(draw: float) -> float:
    return SMALLEST + LARGEST * draw**STEEPNESS

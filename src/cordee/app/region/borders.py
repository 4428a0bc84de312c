"""Outlines of counties and groupings, from the borders that their communes do not share."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from cordee.app.region.coding import Json
from cordee.app.region.geometry import Point, ring
from cordee.app.region.territory import Commune, communes, groupings
from cordee.app.region.toponyms import COUNTIES


def county_outlines() -> Json:
    """FeatureCollection of the four counties."""
    return _collection(
        (code, name, [place for place in communes() if place.county == code])
        for code, name in COUNTIES.items()
    )


def grouping_outlines() -> Json:
    """FeatureCollection of the EPCI."""
    return _collection((group.code, group.name, list(group.communes)) for group in groupings())


def outline(places: Iterable[Commune]) -> list[list[Point]]:
    """Closed rings around communes taken together, the longest first."""
    sides = {side for place in places for side in pairwise(ring(place.column, place.row))}
    steps = {start: end for start, end in sides if (end, start) not in sides}
    rings: list[list[Point]] = []
    while steps:
        start, here = steps.popitem()
        points = [start, here]
        while here != start:
            here = steps.pop(here)
            points.append(here)
        rings.append(points)
    return sorted(rings, key=len, reverse=True)


def _collection(areas: Iterable[tuple[str, str, list[Commune]]]) -> Json:
    features = [
        {
            "type": "Feature",
            "id": code,
            "properties": {
                "code": code,
                "name": name,
                "county": places[0].county,
                "inhabitants": sum(place.inhabitants for place in places),
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[list(point) for point in points] for points in outline(places)],
            },
        }
        for code, name, places in areas
    ]
    return {"type": "FeatureCollection", "features": features}

"""The map: names, codes, people counted, polygons that tile."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from cordee.app.region.borders import county_outlines, grouping_outlines
from cordee.app.region.territory import INHABITANTS, commune, communes, geojson, groupings


def test_communes_have_unique_names_and_codes() -> None:
    assert len(communes()) == 160
    assert len({place.name for place in communes()}) == 160
    assert len({place.code for place in communes()}) == 160


def test_inhabitants_add_up() -> None:
    assert sum(place.inhabitants for place in communes()) == INHABITANTS
    assert all(place.inhabitants > 300 for place in communes())


@pytest.mark.requirement("G1.12")
def test_each_county_has_eight_groupings_of_five_communes() -> None:
    assert Counter(group.county for group in groupings()) == dict.fromkeys("ABCD", 8)
    assert {len(group.communes) for group in groupings()} == {5}


@pytest.mark.requirement("G1.12")
def test_codes_are_in_a_series_without_real_communes() -> None:
    assert all(place.code[:3] in {"960", "961", "962", "963"} for place in communes())
    assert commune("Aubrey").code == "96021"


def test_polygons_tile_without_gap_or_overlap() -> None:
    sides: Counter[tuple[tuple[float, ...], tuple[float, ...]]] = Counter()
    total = 0.0
    for feature in geojson()["features"]:
        points = [tuple(point) for point in feature["geometry"]["coordinates"][0]]
        assert points[0] == points[-1]
        sides.update(pairwise(points))
        total += _area(points)

    assert set(sides.values()) == {1}
    outer = [(start, end) for start, end in sides if (end, start) not in sides]
    assert len(outer) < len(sides) / 5
    whole = sum(
        _area([tuple(point) for point in points])
        for feature in county_outlines()["features"]
        for points in feature["geometry"]["coordinates"]
    )
    assert abs(whole - total) < 1e-6


def test_every_outline_is_one_ring() -> None:
    features = county_outlines()["features"] + grouping_outlines()["features"]

    assert len(features) == 36
    assert all(len(feature["geometry"]["coordinates"]) == 1 for feature in features)


def _area(points: list[tuple[float, ...]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(points)) / 2

"""Polygons that tile the region: Voronoi cells with wavy borders shared by both sides."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import hypot
from typing import Final

from cordee.app.region.chance import dice

Point = tuple[float, float]
Ring = list[Point]

COLUMNS: Final = 16
ROWS: Final = 10
JITTER: Final = 0.36
REACH: Final = 3
WAVES: Final = 3
AMPLITUDE: Final = 0.16
SEED: Final = 19_610_714
WEST: Final = 4.35
NORTH: Final = 47.62
STEP_EAST: Final = 0.145
STEP_SOUTH: Final = 0.099
DIGITS: Final = 5


@lru_cache(maxsize=1)
def sites() -> dict[tuple[int, int], Point]:
    """Site of each cell, those of the ring around the region included, in grid units."""
    rng = dice(SEED, "sites")
    return {
        (column, row): (
            column + 0.5 + (rng.random() * 2 - 1) * JITTER,
            row + 0.5 + (rng.random() * 2 - 1) * JITTER,
        )
        for row in range(-REACH, ROWS + REACH)
        for column in range(-REACH, COLUMNS + REACH)
    }


def position(column: int, row: int) -> Point:
    """Longitude and latitude of the site of a cell."""
    return _earth(sites()[column, row])


@lru_cache(maxsize=256)
def ring(column: int, row: int) -> tuple[Point, ...]:
    """Closed ring of longitudes and latitudes around a cell, counterclockwise."""
    corners = _cell(column, row)
    border: Ring = []
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        border.extend(_wave(start, end)[:-1])
    points = [_earth(point) for point in reversed(border)]
    return (*points, points[0])


def _earth(point: Point) -> Point:
    east, south = point
    return round(WEST + east * STEP_EAST, DIGITS), round(NORTH - south * STEP_SOUTH, DIGITS)


def _cell(column: int, row: int) -> Ring:
    all_sites = sites()
    x, y = all_sites[column, row]
    corners: Ring = [(x - 2, y - 2), (x + 2, y - 2), (x + 2, y + 2), (x - 2, y + 2)]
    for across in range(column - REACH, column + REACH + 1):
        for down in range(row - REACH, row + REACH + 1):
            if (across, down) != (column, row):
                corners = _nearer(corners, (x, y), all_sites[across, down])
    return [(round(px, 6), round(py, 6)) for px, py in corners]


def _nearer(corners: Ring, here: Point, there: Point) -> Ring:
    """The part of a convex polygon that is nearer to `here` than to `there`."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    middle = dx * (here[0] + there[0]) / 2 + dy * (here[1] + there[1]) / 2
    kept: Ring = []
    before = corners[-1]
    past = dx * before[0] + dy * before[1] - middle
    for corner in corners:
        side = dx * corner[0] + dy * corner[1] - middle
        if (side > 0) != (past > 0):
            part = past / (past - side)
            kept.append(
                (
                    before[0] + (corner[0] - before[0]) * part,
                    before[1] + (corner[1] - before[1]) * part,
                )
            )
        if side <= 0:
            kept.append(corner)
        before, past = corner, side
    return kept


def _wave(start: Point, end: Point) -> Ring:
    """Points of a wavy border; the same for both neighbours, in the other order."""
    first, last = min(start, end), max(start, end)
    rng = dice(SEED, f"{first[0]:.4f},{first[1]:.4f};{last[0]:.4f},{last[1]:.4f}")
    points = [first, last]
    for wave in range(WAVES):
        finer: Ring = [points[0]]
        for left, right in pairwise(points):
            shift = (rng.random() * 2 - 1) * AMPLITUDE / (wave + 1)
            dx, dy = right[0] - left[0], right[1] - left[1]
            if hypot(dx, dy) > 1 / 16:
                finer.append(
                    ((left[0] + right[0]) / 2 - dy * shift, (left[1] + right[1]) / 2 + dx * shift)
                )
            finer.append(right)
        points = finer
    return points if first == start else points[::-1]
